import { type INestApplicationContext, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { JobHandler } from '../../src/platform/queue/job-handler.decorator.js';
import { JobProducer } from '../../src/platform/queue/job-producer.service.js';
import { PatientPostgresConnection } from '../../src/platform/queue/postgres-queue.client.js';
import { QueueUnavailableError } from '../../src/platform/queue/queue-errors.js';
import { QueueStatistics } from '../../src/platform/queue/queue-statistics.service.js';
import { WorkerRegistry } from '../../src/platform/queue/worker-registry.service.js';
import { WorkerStore } from '../../src/platform/queue/worker.store.js';
import { eventually } from '../support/eventually.js';
import { bootQueue, type BootOptions, prepareDatabase, ScriptedHandlers } from '../support/queue-lab.js';
import { KillablePostgres } from '../support/queue-postgres.js';

@Injectable()
class SecondRefresher {
  @JobHandler('swarm.refresh')
  async again(): Promise<void> {}
}

@Injectable()
class Misspelt {
  @JobHandler('swarm.refesh' as 'swarm.refresh')
  async refresh(): Promise<void> {}
}

@Injectable()
class NothingOfSwarm {
  @JobHandler('cache.warm')
  async warm(): Promise<void> {}

  @JobHandler('cache.cleanup')
  async cleanup(): Promise<void> {}

  @JobHandler('audit.prune')
  async pruneAudit(): Promise<void> {}
}

describe('a worker process', () => {
  let postgres: KillablePostgres;
  let database: DataSource;
  let apps: INestApplicationContext[] = [];
  const boot = async (options: Partial<BootOptions> = {}) => {
    const app = await bootQueue({ database, target: { kind: 'postgres', config: postgres.config }, ...options });
    apps.push(app);
    return app;
  };

  beforeAll(async () => {
    postgres = await KillablePostgres.create();
    database = await prepareDatabase(postgres);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(apps.map((app) => app.close()));
    apps = [];
  });
  afterAll(async () => {
    await database?.destroy();
    await postgres?.remove();
  });

  describe('refuses to boot', () => {
    const refusal = async (options: Partial<BootOptions>): Promise<string> => {
      return boot({ worker: true, ...options }).then(
        () => 'it booted',
        (error: Error) => error.message,
      );
    };

    it('on a job without a handler', async () => {
      expect(await refusal({ queues: 'swarm', providers: [NothingOfSwarm] })).toBe(
        'Cannot start the worker:\n' +
          '  - Job "swarm.refresh" of queue "swarm" has no handler. Decorate a method with @JobHandler(\'swarm.refresh\') in a module ' +
          'of this role, or leave "swarm" out of SWARMWARD_WORKER_QUEUES.',
      );
    });

    it('on a job with two handlers', async () => {
      expect(await refusal({ handlers: new ScriptedHandlers(), providers: [SecondRefresher] })).toBe(
        'Cannot start the worker:\n' +
          '  - Job "swarm.refresh" has 2 handlers: ScriptedHandlers.refresh, SecondRefresher.again. Keep one.',
      );
    });

    it('on a handler for a job that is not in the catalogue', async () => {
      expect(await refusal({ handlers: new ScriptedHandlers(), providers: [Misspelt] })).toBe(
        'Cannot start the worker:\n' +
          '  - Misspelt.refresh handles "swarm.refesh", which is not in the job catalogue. Add it there, or correct the name.',
      );
    });
  });

  it('is in the registry while it takes jobs, with what it can do, and out of it when it stops', async () => {
    const reader = await boot();
    const registry = reader.get(WorkerRegistry);
    expect(await registry.live()).toEqual({ workers: [], concurrency: 0 });
    const both = await boot({ handlers: new ScriptedHandlers(), concurrency: 5, queues: 'swarm,maintenance' });
    const one = await boot({ handlers: new ScriptedHandlers(), concurrency: 3, queues: 'maintenance' });
    const live = await eventually(async () => {
      const now = await registry.live();
      expect(now.workers).toHaveLength(2);
      return now;
    });
    expect(live.concurrency).toBe(5 * 2 + 3);
    expect(live.workers).toContainEqual({
      id: expect.stringContaining(`-${process.pid}-`),
      kind: 'all',
      host: expect.any(String),
      pid: process.pid,
      queues: ['swarm', 'maintenance'],
      concurrency: 10,
      version: '0.0.0',
      startedAt: expect.any(Date),
      lastSeenAt: expect.any(Date),
    });
    await one.close();
    expect((await registry.live()).concurrency).toBe(10);
    await both.close();
    expect((await registry.live()).workers).toEqual([]);
  });

  it('counts as dead 30 s after its last beat, and is forgotten after a day by the upkeep', async () => {
    const app = await boot({ handlers: new ScriptedHandlers() });
    const store = app.get(WorkerStore);
    const dead = { kind: 'worker', host: 'h', pid: 1, queues: [], concurrency: 7, version: '1', startedAt: new Date() };
    await store.beat({ id: 'silent', ...dead });
    await store.beat({ id: 'long-dead', ...dead });
    await database.query(`update workers set last_seen_at = now() - interval '31 seconds' where id = 'silent'`);
    await database.query(`update workers set last_seen_at = now() - interval '25 hours' where id = 'long-dead'`);
    const { workers } = await app.get(WorkerRegistry).live();
    expect(workers.map(({ id }) => id)).not.toEqual(expect.arrayContaining(['silent']));

    await app.get(JobProducer).enqueue('workers.prune', {});
    await eventually(async () => {
      const left: { id: string }[] = await database.query(`select id from workers where pid = 1`);
      expect(left).toEqual([{ id: 'silent' }]);
    });
  });

  it('forgets cycles and misses past their retention', async () => {
    const app = await boot({ handlers: new ScriptedHandlers() });
    await database.query(
      `insert into cycles values ('old', 0, now() - interval '31 days', now()), ('new', 0, now() - interval '29 days', now())`,
    );
    await database.query(`insert into cycle_misses values ('old', 0, now(), 'late', now() - interval '31 days')`);
    await app.get(JobProducer).enqueue('cycles.prune', {});
    await eventually(async () => {
      expect(await database.query('select kind from cycles')).toEqual([{ kind: 'new' }]);
      expect(await database.query('select kind from cycle_misses')).toEqual([]);
    });
  });

  it('says once that PostgreSQL is gone and once that it is back, and does not spin meanwhile', async () => {
    const app = await boot({ handlers: new ScriptedHandlers(), queues: 'swarm,maintenance' });
    const lines: string[] = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
    jest.spyOn(Logger.prototype, 'log').mockImplementation((line: unknown) => void lines.push(String(line)));
    const producer = app.get(JobProducer);
    // An orderly shutdown takes the socket file along: ENOENT, which BullMQ alone would answer by spinning.
    await postgres.shutDown();
    const cpu = process.cpuUsage();
    const began = performance.now();
    const ticks = await Promise.allSettled(
      Array.from({ length: 3 }, () =>
        producer.enqueue('swarm.refresh', { requestedBy: 'cron', requestedAt: new Date().toISOString() }),
      ),
    );
    expect(ticks.map((tick) => tick.status === 'rejected' && tick.reason instanceof QueueUnavailableError)).toEqual([
      true,
      true,
      true,
    ]);
    await eventually(() => expect(performance.now() - began).toBeGreaterThan(2_000));
    // Of the time it had.
    expect(process.cpuUsage(cpu).user / 1e3 / (performance.now() - began)).toBeLessThan(0.5);
    await postgres.start();
    await eventually(async () => {
      await producer.enqueue('cache.warm', {}, { dedupe: 'one' });
      expect((await app.get(QueueStatistics).of('maintenance')).completed).toBeGreaterThan(0);
    });
    expect(lines.filter((line) => line.startsWith('The job queue is not available'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('The job queue is available again'))).toHaveLength(1);
  }, 60_000);

  it('takes no connection that was there before for a sign of life', async () => {
    const heard: string[] = [];
    const connection = new PatientPostgresConnection(
      { kind: 'postgres', config: postgres.config },
      { failed: () => heard.push('failed'), succeeded: () => heard.push('succeeded') },
    );
    try {
      const client = await connection.getListenClient();
      expect(await connection.getListenClient()).toBe(client);
      expect(heard).toEqual(['succeeded']);
    } finally {
      await connection.close();
    }
  });

  it('waits for a queue that is not migrated yet', async () => {
    await postgres.query('create database unmigrated');
    const target = { kind: 'postgres', config: { ...postgres.config, database: 'unmigrated' } } as const;
    const app = await boot({ target });
    const statistics = app.get(QueueStatistics);
    await expect(statistics.of('swarm')).rejects.toThrow(QueueUnavailableError);
  });
});
