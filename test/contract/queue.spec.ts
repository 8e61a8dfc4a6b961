import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { slotOf } from '../../src/platform/queue/cycle-slot.js';
import { CycleStore } from '../../src/platform/queue/cycle.store.js';
import { JobCounters } from '../../src/platform/queue/job-counters.js';
import { JobProducer } from '../../src/platform/queue/job-producer.service.js';
import { JobReader } from '../../src/platform/queue/job-reader.service.js';
import type { QueueTarget } from '../../src/platform/queue/queue-connection.port.js';
import { InvalidJobError, QueueUnavailableError } from '../../src/platform/queue/queue-errors.js';
import { QueueOutage } from '../../src/platform/queue/queue-outage.service.js';
import { QueueStatistics } from '../../src/platform/queue/queue-statistics.service.js';
import { WorkerHost } from '../../src/platform/queue/worker-host.service.js';
import { eventually } from '../support/eventually.js';
import {
  bootQueue,
  type BootOptions,
  prepareDatabase,
  ScriptedHandlers,
  shortCatalogue,
} from '../support/queue-lab.js';
import { KillablePostgres } from '../support/queue-postgres.js';
import { redisMissing, RedisServer } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

/** A server that holds the queue and that a test may take away. */
interface QueueServer {
  target: QueueTarget;
  kill(): Promise<void>;
  start(): Promise<void>;
  empty(): Promise<void>;
  remove(): Promise<void>;
}

async function postgresServer(postgres: KillablePostgres): Promise<QueueServer> {
  return {
    target: { kind: 'postgres', config: postgres.config },
    kill: () => postgres.kill(),
    start: () => postgres.start(),
    empty: async () => void (await postgres.query('truncate bullmq.job, bullmq.dedup, bullmq.event cascade')),
    remove: () => Promise.resolve(),
  };
}

async function redisServer(): Promise<QueueServer> {
  const redis = await RedisServer.create();
  return {
    target: { kind: 'redis', url: redis.url },
    kill: () => redis.kill(),
    start: () => redis.start(),
    empty: () => redis.empty(),
    remove: () => redis.stop(),
  };
}

const backends: [string, string | null, (postgres: KillablePostgres) => Promise<QueueServer>][] = [
  ['PostgreSQL', null, postgresServer],
  ['Redis', redisMissing(), redisServer],
];

const forever = () => new Promise<never>(() => undefined);
const request = { requestedBy: 'request', requestedAt: '2026-11-21T12:00:00.000Z' } as const;

for (const [backend, missing, openServer] of backends) {
  describeWith(`the queue on ${backend}`, missing, () => {
    let postgres: KillablePostgres;
    let database: DataSource;
    let server: QueueServer;
    let apps: INestApplicationContext[] = [];
    let handlers: ScriptedHandlers;

    beforeAll(async () => {
      postgres = await KillablePostgres.create();
      database = await prepareDatabase(postgres);
      server = await openServer(postgres);
    });
    beforeEach(() => {
      handlers = new ScriptedHandlers();
    });
    afterEach(async () => {
      await Promise.all(apps.map((app) => app.close()));
      apps = [];
      await server.empty();
    });
    afterAll(async () => {
      await server?.remove();
      await database?.destroy();
      await postgres?.remove();
    });

    const boot = async (options: Partial<BootOptions> = {}) => {
      const app = await bootQueue({ database, target: server.target, ...options });
      apps.push(app);
      return {
        app,
        producer: app.get(JobProducer),
        reader: app.get(JobReader),
        statistics: app.get(QueueStatistics),
        counters: () => app.get(JobCounters).snapshot(),
      };
    };
    const fast = { drainMs: 100, handBackMs: 500, closeMs: 1_000 };

    it('gives a job of one process to a handler of another, once, with its payload', async () => {
      const { producer, reader } = await boot();
      const { counters } = await boot({ handlers });
      handlers.on('swarm.refresh', async () => ({ nodes: 3 }));
      const { jobId, coalesced } = await producer.enqueue('swarm.refresh', request);
      expect(coalesced).toBe(false);
      await eventually(async () => {
        expect(await reader.find(jobId)).toMatchObject({
          id: jobId,
          name: 'swarm.refresh',
          queue: 'swarm',
          state: 'completed',
          result: { nodes: 3 },
          startedAt: expect.any(Date),
          finishedAt: expect.any(Date),
        });
      });
      expect(handlers.runs).toMatchObject([{ payload: request, context: { jobId, attempt: 1 } }]);
      expect(counters()['swarm.refresh']).toMatchObject({ completed: 1, failed: 0, durationMs: { count: 1 } });
    });

    it('refuses a payload that the catalogue does not allow', async () => {
      const { producer } = await boot();
      await expect(producer.enqueue('swarm.refresh', { requestedBy: 'nobody' } as never)).rejects.toThrow(
        InvalidJobError,
      );
      await expect(producer.enqueue('swarm.refesh' as never, {} as never)).rejects.toThrow(/no job swarm.refesh/);
    });

    it('enqueues one slot once, while it waits and after it ran', async () => {
      const { producer, reader } = await boot();
      const { producer: other } = await boot();
      const slot = slotOf('swarm', 0, new Date(), 120);
      expect(await producer.enqueue('swarm.refresh', request, { slot })).toEqual({ jobId: slot.id, coalesced: false });
      expect(await other.enqueue('swarm.refresh', request, { slot })).toEqual({ jobId: slot.id, coalesced: true });
      await boot({ handlers });
      await eventually(async () => expect((await reader.find(slot.id))?.state).toBe('completed'));
      expect(await other.enqueue('swarm.refresh', request, { slot })).toEqual({ jobId: slot.id, coalesced: true });
      expect(handlers.runs).toHaveLength(1);
      expect(handlers.runs[0]?.context.slot).toEqual(slot);
    });

    it('joins an equal job while it waits or runs, and not when it is done', async () => {
      const { producer, reader } = await boot();
      let finish: () => void = () => undefined;
      handlers.on('swarm.refresh', () => new Promise<void>((resolve) => (finish = resolve)));
      const first = await producer.enqueue('swarm.refresh', request, { dedupe: 'swarm' });
      const whileWaiting = await producer.enqueue('swarm.refresh', request, { dedupe: 'swarm' });
      await boot({ handlers });
      await eventually(() => expect(handlers.runs).toHaveLength(1));
      const whileRunning = await producer.enqueue('swarm.refresh', request, { dedupe: 'swarm' });
      const joined = { jobId: first.jobId, coalesced: true };
      expect([whileWaiting, whileRunning]).toEqual([joined, joined]);
      finish();
      await eventually(async () => expect((await reader.find(first.jobId))?.state).toBe('completed'));
      const afterwards = await producer.enqueue('swarm.refresh', request, { dedupe: 'swarm' });
      expect(afterwards).toEqual({ jobId: expect.not.stringMatching(first.jobId), coalesced: false });
      await eventually(() => expect(handlers.runs).toHaveLength(2));
      finish();
    });

    it('lets the next equal job in after one has failed for good', async () => {
      const { producer, reader } = await boot({ handlers });
      handlers.on('swarm.refresh', () => Promise.reject(new Error('Docker is away')));
      const first = await producer.enqueue('swarm.refresh', request, { dedupe: 'swarm' });
      await eventually(async () => expect((await reader.find(first.jobId))?.state).toBe('failed'));
      expect((await producer.enqueue('swarm.refresh', request, { dedupe: 'swarm' })).coalesced).toBe(false);
    });

    it('tries again after a growing pause, keeps the dead letter, and takes it back on request', async () => {
      const { producer, reader, statistics, counters } = await boot({ handlers });
      const startedAt: number[] = [];
      handlers.on('cache.warm', () => {
        startedAt.push(performance.now());
        return Promise.reject(new Error('not today'));
      });
      const { jobId } = await producer.enqueue('cache.warm', {});
      await eventually(async () => {
        expect(await reader.find(jobId)).toMatchObject({ state: 'failed', attempts: 3, error: 'not today' });
      });
      expect(handlers.runs.map(({ context }) => context.attempt)).toEqual([1, 2, 3]);
      expect(startedAt[1]! - startedAt[0]!).toBeGreaterThanOrEqual(19);
      expect(startedAt[2]! - startedAt[1]!).toBeGreaterThanOrEqual(39);
      expect(counters()['cache.warm']).toMatchObject({ failed: 1, retried: 2, completed: 0 });
      expect(await statistics.failed('maintenance', 1, 10)).toMatchObject({
        total: 1,
        jobs: [{ id: jobId, state: 'failed' }],
      });
      expect((await statistics.failed('maintenance', 2, 10)).jobs).toEqual([]);

      handlers.on('cache.warm', async () => 'warm');
      expect(await statistics.retry('maintenance', jobId)).toBe('retried');
      await eventually(async () =>
        expect(await reader.find(jobId)).toMatchObject({ state: 'completed', result: 'warm' }),
      );
      expect(await statistics.retry('maintenance', jobId)).toBe('not_failed');
      expect(await statistics.retry('maintenance', 'no-such-job')).toBe('not_found');
      expect(await reader.find('no-such-job')).toBeNull();
    });

    it('ends a job at its time limit, even one that does not listen', async () => {
      const catalogue = shortCatalogue({ 'swarm.refresh': { timeoutMs: 100 } });
      const { producer, reader, counters } = await boot({ handlers, catalogue });
      handlers.on('swarm.refresh', forever);
      const { jobId } = await producer.enqueue('swarm.refresh', request);
      await eventually(async () => {
        expect(await reader.find(jobId)).toMatchObject({
          state: 'failed',
          error: 'swarm.refresh took longer than its limit of 100 ms',
        });
      });
      expect(handlers.runs[0]?.context.signal.aborted).toBe(true);
      expect(counters()['swarm.refresh']).toMatchObject({ failed: 1, timedOut: 1 });
    });

    it('drops the job of a slot that is over, and records the miss', async () => {
      const { producer, reader, counters, app } = await boot({ handlers });
      const kind = `late-${backend.toLowerCase()}`;
      const slot = slotOf(kind, 2, new Date(Date.now() - 31_000), 15);
      const { jobId } = await producer.enqueue('swarm.refresh', request, { slot });
      await eventually(async () => {
        expect(await reader.find(jobId)).toMatchObject({ state: 'completed', result: { dropped: 'late' } });
      });
      expect(handlers.runs).toEqual([]);
      expect(counters()['swarm.refresh']).toMatchObject({ late: 1, completed: 0 });
      expect(await app.get(CycleStore).missesWithin(kind, 60)).toBe(1);
    });

    it('drops a job older than its catalogue entry allows', async () => {
      const { producer, reader } = await boot();
      const { jobId } = await producer.enqueue('cache.warm', {});
      await boot({ handlers, catalogue: shortCatalogue({ 'cache.warm': { maxAgeMs: 0 } }) });
      await eventually(async () => expect(await reader.find(jobId)).toMatchObject({ result: { dropped: 'late' } }));
    });

    it('does not begin a job before its delay is over', async () => {
      const { producer, statistics } = await boot();
      const enqueuedAt = Date.now();
      await producer.enqueue('cache.warm', {}, { delayMs: 1_000 });
      expect(await statistics.of('maintenance')).toMatchObject({ delayed: 1, waiting: 0 });
      await boot({ handlers });
      await eventually(() => expect(handlers.runs).toHaveLength(1));
      expect(Date.now() - enqueuedAt).toBeGreaterThanOrEqual(995);
    });

    it('shares jobs between two workers, each job once', async () => {
      const others = new ScriptedHandlers();
      const { producer, statistics } = await boot();
      await Promise.all([boot({ handlers, concurrency: 2 }), boot({ handlers: others, concurrency: 2 })]);
      const enqueued = await Promise.all(Array.from({ length: 60 }, () => producer.enqueue('cache.warm', {})));
      await eventually(async () => expect(await statistics.of('maintenance')).toMatchObject({ waiting: 0, active: 0 }));
      const ran = [...handlers.runs, ...others.runs].map(({ context }) => context.jobId).toSorted();
      expect(ran).toEqual(enqueued.map(({ jobId }) => jobId).toSorted());
    });

    it('begins jobs of low priority last', async () => {
      const { producer } = await boot();
      await producer.enqueue('cache.cleanup', {});
      await producer.enqueue('cache.warm', {});
      await boot({ handlers, concurrency: 1 });
      await eventually(() => expect(handlers.runs.map(({ job }) => job)).toEqual(['cache.warm', 'cache.cleanup']));
    });

    it('counts what waits, and how long the oldest has', async () => {
      const { producer, statistics } = await boot();
      expect(await statistics.of('maintenance')).toMatchObject({ waiting: 0, oldestWaitingSeconds: null });
      const enqueuedAt = Date.now();
      await producer.enqueue('cache.cleanup', {});
      await eventually(() => expect(Date.now() - enqueuedAt).toBeGreaterThan(200));
      await producer.enqueue('cache.warm', {});
      const maintenance = (await statistics.all()).find(({ name }) => name === 'maintenance');
      expect(maintenance).toMatchObject({ waiting: 2, active: 0 });
      expect(maintenance?.oldestWaitingSeconds).toBeGreaterThan(0.19);
    });

    it('counts how long the oldest of several of the same priority has waited', async () => {
      const { producer, statistics } = await boot();
      const enqueuedAt = Date.now();
      await producer.enqueue('cache.warm', {});
      await eventually(() => expect(Date.now() - enqueuedAt).toBeGreaterThan(200));
      await producer.enqueue('cache.warm', {});
      await producer.enqueue('cache.warm', {});
      const { oldestWaitingSeconds } = await statistics.of('maintenance');
      expect(oldestWaitingSeconds).toBeGreaterThan(0.19);
    });

    it('waits for running jobs when it stops, and takes no new ones', async () => {
      const { producer, reader } = await boot();
      const { app } = await boot({ handlers, concurrency: 1 });
      let finish: () => void = () => undefined;
      handlers.on('cache.warm', () => new Promise<void>((resolve) => (finish = resolve)));
      const first = await producer.enqueue('cache.warm', {});
      await eventually(() => expect(handlers.runs).toHaveLength(1));
      const stopping = app.get(WorkerHost).stop();
      const second = await producer.enqueue('cache.warm', {});
      finish();
      await Promise.all([stopping, app.get(WorkerHost).stop()]);
      expect((await reader.find(first.jobId))?.state).toBe('completed');
      expect((await reader.find(second.jobId))?.state).toBe('waiting');
      expect(handlers.runs).toHaveLength(1);
    });

    it('hands a job back that does not end in time, without the loss of a try', async () => {
      const { producer, reader } = await boot();
      const { app, counters } = await boot({ handlers, times: { ...fast, handBackMs: 10_000 } });
      handlers.on('swarm.refresh', forever);
      const { jobId } = await producer.enqueue('swarm.refresh', request);
      await eventually(() => expect(handlers.runs).toHaveLength(1));
      await app.get(WorkerHost).stop();
      expect(handlers.runs[0]?.context.signal.reason).toMatchObject({ code: 'worker_stopping' });
      expect(await reader.find(jobId)).toMatchObject({ state: 'waiting', attempts: 0 });
      expect(counters()['swarm.refresh']).toMatchObject({ handedBack: 1, failed: 0 });

      const next = new ScriptedHandlers();
      await boot({ handlers: next });
      await eventually(async () => expect((await reader.find(jobId))?.state).toBe('completed'));
      expect(next.runs).toHaveLength(1);
    });

    it('gives the job of a worker that died to another one', async () => {
      const { producer, reader } = await boot();
      const times = { ...fast, stalledMs: 1_000 };
      // A worker that never renews its lock is, to all others, a dead one.
      const dead = await boot({ handlers, times, concurrency: 1 });
      handlers.on('swarm.refresh', forever);
      const { jobId } = await producer.enqueue('swarm.refresh', request);
      await eventually(() => expect(handlers.runs).toHaveLength(1));
      stopRenewing(dead.app.get(WorkerHost));
      const next = new ScriptedHandlers();
      await boot({ handlers: next, times });
      await eventually(async () => expect((await reader.find(jobId))?.state).toBe('completed'));
      expect(next.runs).toHaveLength(1);
    });

    it('loses nothing when the server is killed, and goes on when it is back', async () => {
      const { producer, reader } = await boot();
      const { jobId } = await producer.enqueue('swarm.refresh', request);
      const worker = await boot({ handlers: new ScriptedHandlers(), queues: 'maintenance' });
      const back = jest.spyOn(worker.app.get(QueueOutage), 'succeeded');
      const away = jest.spyOn(worker.app.get(QueueOutage), 'failed');
      await server.kill();
      const refused = Date.now();
      await expect(producer.enqueue('swarm.refresh', request)).rejects.toThrow(QueueUnavailableError);
      await expect(reader.find(jobId)).rejects.toThrow(QueueUnavailableError);
      expect(Date.now() - refused).toBeLessThan(25_000);
      await eventually(() => expect(away).toHaveBeenCalled());
      back.mockClear();
      await server.start();
      await boot({ handlers });
      await eventually(async () => expect((await reader.find(jobId))?.state).toBe('completed'));
      // By itself, without a job or a question that would find out.
      await eventually(() => expect(back).toHaveBeenCalled(), { timeoutMs: 15_000 });
      // The worker that lived through it takes jobs again as well.
      await worker.app.get(JobProducer).enqueue('cache.warm', {});
      await eventually(async () => expect((await worker.statistics.of('maintenance')).completed).toBe(1), {
        timeoutMs: 15_000,
      });
    }, 60_000);

    it('finishes a job that was running while the server was away', async () => {
      const { producer, reader } = await boot({ handlers });
      let finish: () => void = () => undefined;
      handlers.on('swarm.refresh', () => new Promise<void>((resolve) => (finish = resolve)));
      const { jobId } = await producer.enqueue('swarm.refresh', request);
      await eventually(() => expect(handlers.runs).toHaveLength(1));
      await server.kill();
      finish();
      await server.start();
      await eventually(async () => expect((await reader.find(jobId))?.state).toBe('completed'));
      expect(handlers.runs).toHaveLength(1);
    }, 60_000);

    it('claims a cycle once', async () => {
      const { app } = await boot();
      const cycles = app.get(CycleStore);
      const slot = slotOf(`claim-${randomUUID().slice(0, 8)}`, 0, new Date(), 30);
      const claims = await Promise.all(Array.from({ length: 5 }, () => cycles.claim(slot)));
      expect(claims.filter(Boolean)).toHaveLength(1);
      await expect(
        database.transaction(async (manager) => {
          expect(await cycles.claim({ ...slot, shard: 1 }, manager)).toBe(true);
          throw new Error('rolled back');
        }),
      ).rejects.toThrow('rolled back');
      expect(await cycles.claim({ ...slot, shard: 1 })).toBe(true);
    });
  });
}

/** Takes the lock renewal from a worker, as a frozen process would. */
function stopRenewing(host: WorkerHost): void {
  const { workers } = host as unknown as { workers: { lockManager: { close(): Promise<void> } }[] };
  for (const worker of workers) void worker.lockManager.close();
}
