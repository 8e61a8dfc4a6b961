import { type DynamicModule, Global, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { JobTopic } from '../../src/jobs/job-topic.service.js';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { EventBus } from '../../src/platform/events/event-bus.store.js';
import { EventFeed } from '../../src/platform/events/event-feed.client.js';
import { EventsModule } from '../../src/platform/events/events.module.js';
import { streamCatalogue, type StreamEvent } from '../../src/platform/events/stream-catalogue.js';
import { StreamTopics } from '../../src/platform/events/stream-topics.service.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { SecurityModule } from '../../src/platform/security/security.module.js';
import { StreamClients } from '../../src/stream/stream-clients.service.js';
import { StreamHub } from '../../src/stream/stream-hub.service.js';
import { StreamLimits } from '../../src/stream/stream-limits.js';
import { StreamController } from '../../src/stream/stream.controller.js';
import { EventStream } from './event-stream.js';
import { eventually } from './eventually.js';
import { type HttpLab, startHttpLab } from './http-lab.js';
import { startTestPostgres, type TestPostgres } from './postgres.js';

export const STREAM_PATH = '/api/v1/stream';

/** Says of each device that a cycle names that it is down; of others what a feature might do wrong. */
@Injectable()
class DevicesOfTheTest implements OnModuleInit {
  constructor(private readonly topics: StreamTopics) {}

  onModuleInit(): void {
    this.topics.register('probe_cycle', async ({ cycle }) => cycle.split(',').map(deviceEvent));
    this.topics.register('swarm_refresh_failed', () => Promise.reject(new Error('broken')));
    this.topics.register('swarm_published', () => new Promise<never>(() => undefined));
  }
}

function deviceEvent(id: string): StreamEvent {
  return { event: 'device.state', data: { ...streamCatalogue['device.state'].example, device_id: id } };
}

/** Real: PostgreSQL with its notices, Nest, Fastify, tokens, sockets. The translation of one notice is the lab's own. */
export interface StreamLab extends HttpLab {
  token: string;
  connection: DatabaseConnection;
  readiness: Readiness;
  open(query?: string, headers?: Record<string, string>, token?: string): Promise<EventStream>;
  /** Tells the beginning of a job. */
  job(id: string): Promise<void>;
  /** Tells that devices changed. */
  devices(...ids: string[]): Promise<void>;
  make(name: string): Promise<string>;
}

/** Hooks of a `describe`: one PostgreSQL for all of its tests. What a test starts and opens is closed after it. */
export function streamLabs(): (limits?: Partial<StreamLimits>) => Promise<StreamLab> {
  let postgres: TestPostgres;
  const labs: StreamLab[] = [];
  const streams: EventStream[] = [];
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const stream of streams.splice(0)) stream.leave();
    await Promise.all(labs.splice(0).map((lab) => lab.close()));
  });
  afterAll(() => postgres.stop());

  return async (limits = {}) => {
    const readiness = new Readiness();
    const connection = await postgres.createDatabase();
    const root = streamModule(readiness, { ...new StreamLimits(), ...limits }, [
      ConfigModule.forRoot(readSettings({ SWARMWARD_DATABASE_POOL_TIMEOUT_MS: '20000' })),
      DatabaseModule.forRoot(connection),
      EventsModule.forRoot(connection),
    ]);
    const http = await startHttpLab(root, { debug: true });
    const get = <T>(type: abstract new (...args: never[]) => T): T => http.app.get(type as never, { strict: false });
    const bus = get(EventBus);
    const database = get<DataSource>(getDataSourceToken() as never);
    const make = (name: string) => createToken(database, { name, role: 'viewer' });
    const token = await make('viewer');
    const lab: StreamLab = {
      ...http,
      connection,
      readiness,
      token,
      make,
      open: async (search = '', headers = {}, as = token) => {
        const stream = await EventStream.open(http.port, STREAM_PATH + search, {
          authorization: `Bearer ${as}`,
          ...headers,
        });
        streams.push(stream);
        return stream;
      },
      job: (id) => bus.publish({ kind: 'job', id, name: 'device.check', state: 'active', progress: null }),
      devices: (...ids) =>
        bus.publish({ kind: 'probe_cycle', cycle: ids.join(), shard: 0, due_at: '2026-11-21T12:00:00Z', events: null }),
    };
    labs.push(lab);
    await eventually(() => expect(get(EventFeed).isListening).toBe(true));
    return lab;
  };
}

function streamModule(readiness: Readiness, limits: StreamLimits, imports: DynamicModule[]): DynamicModule {
  @Global()
  @Module({ providers: [{ provide: Readiness, useValue: readiness }], exports: [Readiness] })
  class Ground {}
  @Module({
    imports: [SecurityModule],
    controllers: [StreamController],
    providers: [{ provide: StreamLimits, useValue: limits }, StreamClients, StreamHub, JobTopic, DevicesOfTheTest],
  })
  class StreamOfTheTest {}
  @Module({})
  class Root {}
  return { module: Root, imports: [...imports, Ground, StreamOfTheTest] };
}
