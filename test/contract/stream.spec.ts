import { type DynamicModule, Global, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { JobTopic } from '../../src/jobs/job-topic.service.js';
import { ConfigModule } from '../../src/platform/config/config.module.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { DatabaseModule } from '../../src/platform/database/database.module.js';
import { EventBus } from '../../src/platform/events/event-bus.store.js';
import { EventFeed } from '../../src/platform/events/event-feed.client.js';
import { EventsModule } from '../../src/platform/events/events.module.js';
import { streamCatalogue, type StreamEvent } from '../../src/platform/events/stream-catalogue.js';
import { StreamTopics } from '../../src/platform/events/stream-topics.service.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import { createToken } from '../../src/platform/security/first-admin-token.store.js';
import { SecurityModule } from '../../src/platform/security/security.module.js';
import { TokenAuthenticator } from '../../src/platform/security/token-authenticator.service.js';
import { StreamClients } from '../../src/stream/stream-clients.service.js';
import { StreamHub } from '../../src/stream/stream-hub.service.js';
import { StreamLimits } from '../../src/stream/stream-limits.js';
import { StreamController } from '../../src/stream/stream.controller.js';
import { eventually } from '../support/eventually.js';
import { EventStream } from '../support/event-stream.js';
import { type HttpLab, startHttpLab } from '../support/http-lab.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { expectProblem } from '../support/wire.js';

// Real: PostgreSQL with its notices, Nest, Fastify, tokens, sockets. The translation of one notice is the test's own.
const PATH = '/api/v1/stream';
const A = '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10';
const B = '5d6f4f1c-93f1-4f0b-8d0c-9b4f6f0f9a01';

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

interface Lab extends HttpLab {
  token: string;
  readiness: Readiness;
  open(query?: string, headers?: Record<string, string>, token?: string): Promise<EventStream>;
  /** Tells the beginning of a job. */
  job(id: string): Promise<void>;
  /** Tells that devices changed. */
  devices(...ids: string[]): Promise<void>;
  make(name: string): Promise<string>;
}

describe('the stream', () => {
  let postgres: TestPostgres;
  const labs: Lab[] = [];
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

  async function start(limits: Partial<StreamLimits> = {}): Promise<Lab> {
    const readiness = new Readiness();
    const connection = await postgres.createDatabase();
    const root = streamModule(readiness, { ...new StreamLimits(), ...limits }, [
      ConfigModule.forRoot(readSettings({ SWARMWARD_DATABASE_POOL_TIMEOUT_MS: '500' })),
      DatabaseModule.forRoot(connection),
      EventsModule.forRoot(connection),
    ]);
    const http = await startHttpLab(root, { debug: true });
    const get = <T>(type: abstract new (...args: never[]) => T): T => http.app.get(type as never, { strict: false });
    const bus = get(EventBus);
    const database = get<DataSource>(getDataSourceToken() as never);
    const make = (name: string) => createToken(database, { name, role: 'viewer' });
    const token = await make('viewer');
    const lab: Lab = {
      ...http,
      readiness,
      token,
      make,
      open: async (search = '', headers = {}, as = token) => {
        const stream = await EventStream.open(http.port, PATH + search, { authorization: `Bearer ${as}`, ...headers });
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
  }

  it('tells events in order, each with the next id, after saying when to come back', async () => {
    const lab = await start();
    const stream = await lab.open();
    expect(stream.status).toBe(200);
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    for (const header of ['content-encoding', 'content-length', 'etag']) {
      expect(stream.response.headers[header]).toBeUndefined();
    }
    await eventually(() => expect(stream.lastId).toMatch(/^[\da-z]+-\d+$/));
    const [epoch, number] = stream.lastId.split('-');
    for (const id of ['a', 'b', 'c']) await lab.job(id);
    await lab.devices(A);
    const events = await stream.until(4);
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4].map((more) => `${epoch}-${Number(number) + more}`));
    expect(events.map(({ event, data }) => [event, data['id'] ?? data['device_id']])).toEqual([
      ['job.progress', 'a'],
      ['job.progress', 'b'],
      ['job.progress', 'c'],
      ['device.state', A],
    ]);
    for (const { event, data } of events) {
      expect(streamCatalogue[event as StreamEvent['event']].schema.strict().parse(data)).toEqual(data);
    }
    expect(stream.retryMs).toBe(3_000);
  });

  it('is not compressed, and the same to HEAD without a body or a place taken', async () => {
    const lab = await start({ clients: 1 });
    const headers = { authorization: `Bearer ${lab.token}` };
    for (let each = 0; each < 3; each++) {
      const answer = await lab.ask(PATH, { method: 'HEAD', headers });
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
      expect(answer.raw).toHaveLength(0);
    }
    const stream = await lab.open('', { 'accept-encoding': 'gzip, br' });
    expect(stream.status).toBe(200);
    expect(stream.response.headers['content-encoding']).toBeUndefined();
  });

  it('needs a token, and only known parameters', async () => {
    const lab = await start();
    expectProblem(await lab.ask(PATH), 401, 'token_missing');
    const headers = { authorization: `Bearer ${lab.token}` };
    for (const [search, message] of [
      [
        'events=device.stat',
        'Unknown event device.stat. Valid: device.state, swarm.changed, alert.changed, job.progress, reset.',
      ],
      ['events=', 'Name at least one event. Valid: device.state, swarm.changed, alert.changed, job.progress, reset.'],
      ['events=toString', 'Unknown event toString.'],
      ['device=x', 'Must be a UUID.'],
      ['even=reset', 'Valid: events, device, last_event_id.'],
    ]) {
      const answer = await lab.ask(`${PATH}?${search}`, { headers });
      expectProblem(answer, 400, 'validation_failed');
      expect((answer.body as { detail: string }).detail).toContain(message);
    }
  });

  it('tells only the events and the device that were asked for', async () => {
    const lab = await start();
    const jobs = await lab.open('?events=job.progress');
    const device = await lab.open(`?events=device.state&device=${B.toUpperCase()}`);
    const all = await lab.open(`?device=${B}`);
    await lab.devices(A, B);
    await lab.job('a');
    await lab.devices(A, B);
    const told = (stream: EventStream) => stream.events.map(({ data }) => data['id'] ?? data['device_id']);
    await eventually(() => {
      expect(told(jobs)).toEqual(['a']);
      expect(told(device)).toEqual([B, B]);
      expect(told(all)).toEqual([B, 'a', B]);
    });
  });

  describe('coming back', () => {
    it('is told what came after the last event, by header or by query', async () => {
      const lab = await start();
      const before = await lab.open();
      for (const id of ['a', 'b', 'c']) await lab.job(id);
      const [first] = await before.until(3);
      before.leave();
      await lab.job('d');
      const witness = await lab.open(`?last_event_id=${first!.id}`);
      await lab.job('e');
      const again = await lab.open('?last_event_id=ignored', { 'last-event-id': first!.id });
      for (const stream of [witness, again]) {
        const events = await stream.until(4);
        expect(events.map(({ data }) => data['id'])).toEqual(['b', 'c', 'd', 'e']);
        expect(new Set(events.map(({ id }) => id)).size).toBe(4);
      }
    });

    it('works also for one that never saw an event', async () => {
      const lab = await start();
      const before = await lab.open();
      await eventually(() => expect(before.lastId).not.toBe(''));
      before.leave();
      await lab.job('missed');
      const again = await lab.open('', { 'last-event-id': before.lastId });
      expect(await again.until(1)).toMatchObject([{ event: 'job.progress', data: { id: 'missed' } }]);
    });

    it.each([
      ['of another process', 'elsewhere-1', 'unknown_id'],
      ['that is none', '%%%', 'unknown_id'],
    ])('with an id %s is told to read the lists again, once', async (_, id, reason) => {
      const lab = await start();
      const stream = await lab.open('?events=job.progress', { 'last-event-id': id });
      expect(await stream.until(1)).toMatchObject([{ event: 'reset', data: { reason } }]);
      const again = await lab.open('', { 'last-event-id': stream.lastId });
      await lab.job('a');
      expect(await again.until(1)).toMatchObject([{ event: 'job.progress' }]);
    });

    it('with an id that is no longer kept, or that owes too much, as well', async () => {
      const lab = await start({ keptEvents: 3, unreadBytes: 1_000 });
      const stream = await lab.open();
      for (let each = 0; each < 6; each++) await lab.job(`job-${each}-${'x'.repeat(150)}`);
      const events = await stream.until(6);
      const after = async (index: number) => (await lab.open('', { 'last-event-id': events[index]!.id })).until(1);
      expect(await after(1)).toMatchObject([{ event: 'reset', data: { reason: 'too_old' } }]);
      expect(await after(2)).toMatchObject([{ event: 'reset', data: { reason: 'too_old' } }]);
      expect(await after(4)).toMatchObject([{ event: 'job.progress' }]);
    });

    it('after so long that nobody kept anything for it, as well', async () => {
      const lab = await start({ lingerMs: 0 });
      const stream = await lab.open();
      await lab.job('a');
      const [event] = await stream.until(1);
      stream.leave();
      await eventually(() => expect(lab.app.get(StreamClients, { strict: false }).count).toBe(0));
      await lab.job('b');
      await eventually(async () => {
        const again = await lab.open('', { 'last-event-id': event!.id });
        expect(await again.until(1)).toMatchObject([{ event: 'reset', data: { reason: 'too_old' } }]);
      });
    });
  });

  describe('says reset', () => {
    it('after the connection to PostgreSQL was lost, whatever the client asked for', async () => {
      const lab = await start();
      const stream = await lab.open('?events=device.state');
      await query(
        postgres.server.connection,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'swarmward events'`,
      );
      expect(await stream.until(1)).toMatchObject([{ event: 'reset', data: { reason: 'gap' } }]);
      await lab.devices(A);
      await stream.until(1, 'device.state');
    });

    it('when a notice cannot be read, takes too long or is too much at once; the next one is told', async () => {
      const lab = await start({ translationMs: 50, eventBytes: 500 });
      const stream = await lab.open();
      const bus = lab.app.get(EventBus, { strict: false });
      await bus.publish({ kind: 'swarm_refresh_failed' });
      await bus.publish({ kind: 'swarm_published', revision: 'r' });
      await lab.job('x'.repeat(600));
      await lab.devices(...Array.from({ length: 501 }, () => 'd'));
      await lab.job('small');
      const reasons = () =>
        stream.events.filter(({ event }) => event === 'reset').map(({ data }) => data['reason'] as string);
      expect(await stream.until(1, 'job.progress')).toMatchObject([{ data: { id: 'small' } }]);
      expect(reasons()).toEqual(['gap', 'gap', 'too_many', 'too_many']);
    });
  });

  it('sends heartbeats, with the id of the last event also to those who did not ask for it', async () => {
    const lab = await start({ heartbeatMs: 20 });
    const stream = await lab.open('?events=device.state');
    const other = await lab.open();
    await lab.job('a');
    const [event] = await other.until(1);
    await eventually(() => {
      expect(stream.comments.length).toBeGreaterThan(3);
      expect(stream.lastId).toBe(event!.id);
    });
    expect(new Set(stream.comments)).toEqual(new Set([': heartbeat']));
    expect(stream.events).toEqual([]);
  });

  it('gives up a client that does not read, and nobody else', async () => {
    const lab = await start({ unreadBytes: 100_000 });
    const slow = await lab.open();
    const quick = await lab.open();
    await eventually(() => expect(slow.lastId).not.toBe(''));
    slow.stopReading();
    const clients = lab.app.get(StreamClients, { strict: false });
    const frame = `: ${'x'.repeat(50_000)}\n\n`;
    await eventually(
      () => {
        clients.tellAll(frame);
        expect(clients.count).toBe(1);
      },
      { everyMs: 1 },
    );
    await lab.job('a');
    await quick.until(1);
    expect(quick.closed).toBe(false);
  });

  it('refuses more clients than it serves, of one token or in all, until one leaves', async () => {
    const lab = await start({ clientsPerToken: 2, clients: 3 });
    const other = await lab.make('other');
    const refused = async (token: string) => {
      const answer = await lab.ask(PATH, { headers: { authorization: `Bearer ${token}` } });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      return answer;
    };
    const [first] = [await lab.open(), await lab.open()];
    expectProblem(await refused(lab.token), 429, 'too_many_streams');
    await lab.open('', {}, other);
    expectProblem(await refused(other), 503, 'streams_full');
    first.leave();
    await eventually(async () => expect((await lab.open()).status).toBe(200));
  });

  it('ends with its token: revoked elsewhere, and expired', async () => {
    const lab = await start({ tokenCheckMs: 20 });
    const database = lab.app.get<DataSource>(getDataSourceToken(), { strict: false });
    const revoked = await lab.open('', {}, await lab.make('revoked'));
    const expired = await lab.open('', {}, await lab.make('expired'));
    const kept = await lab.open();
    await database.query(`UPDATE api_tokens SET revoked_at = now() WHERE name = 'revoked'`);
    await database.query(`UPDATE api_tokens SET expires_at = now() WHERE name = 'expired'`);
    // 27 s later, by which time the token was looked up again and is dead, as for every other request.
    const monotonic = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + 27_000);
    await Promise.all([revoked.untilClosed(), expired.untilClosed()]);
    expect(kept.closed).toBe(false);
  });

  it('ends at once with a token that is revoked in this process', async () => {
    const lab = await start({ tokenCheckMs: 20 });
    const database = lab.app.get<DataSource>(getDataSourceToken(), { strict: false });
    const stream = await lab.open();
    await database.query(`UPDATE api_tokens SET revoked_at = now() WHERE name = 'viewer'`);
    const [{ id }] = await database.query<[{ id: string }]>(`SELECT id FROM api_tokens WHERE name = 'viewer'`);
    lab.app.get(TokenAuthenticator, { strict: false }).forget(id);
    await stream.untilClosed();
  });

  it('does not hold up a stop, whoever reads or not', async () => {
    const lab = await start({ unreadBytes: 100_000_000 });
    const [reading, silent] = [await lab.open(), await lab.open()];
    silent.stopReading();
    // More than the sockets of both sides hold.
    lab.app.get(StreamClients, { strict: false }).tellAll(`: ${'x'.repeat(30_000_000)}\n\n`);
    const began = performance.now();
    lab.readiness.drain();
    await lab.server.close(10_000);
    expect(performance.now() - began).toBeLessThan(1_500);
    await reading.untilClosed();
  });

  it('opens nothing more while it stops', async () => {
    const lab = await start();
    lab.readiness.drain();
    const answer = await lab.ask(PATH, { headers: { authorization: `Bearer ${lab.token}` } });
    expectProblem(answer, 503, 'shutting_down');
  });

  it('is logged once, at its end, and is never slow', async () => {
    const lab = await start();
    const lines = () => lab.logged.filter(({ fields }) => fields['route'] === PATH);
    const stream = await lab.open();
    await lab.job('a');
    await stream.until(1);
    expect(lines()).toEqual([]);
    const monotonic = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + 60_000);
    stream.leave();
    await eventually(() =>
      expect(lines()).toMatchObject([
        { level: 'debug', message: 'Request', fields: { status: 200, method: 'GET', caller: 'viewer' } },
      ]),
    );
  });

  it('leaves nothing behind of clients that come and go', async () => {
    const lab = await start({ clientsPerToken: 5 });
    const clients = lab.app.get(StreamClients, { strict: false });
    for (let round = 0; round < 4; round++) {
      const opened = await Promise.all([1, 2, 3, 4, 5].map(() => lab.open()));
      expect(opened.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      for (const stream of opened) stream.leave();
      await eventually(() => expect(clients.count).toBe(0));
    }
  });
});

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
