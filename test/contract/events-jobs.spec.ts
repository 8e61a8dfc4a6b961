import type { INestApplicationContext } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EventBus } from '../../src/platform/events/event-bus.store.js';
import { EventFeed } from '../../src/platform/events/event-feed.client.js';
import type { NoticeOf } from '../../src/platform/events/notice.js';
import { JobProducer } from '../../src/platform/queue/job-producer.service.js';
import { JobReader } from '../../src/platform/queue/job-reader.service.js';
import type { QueueTarget } from '../../src/platform/queue/queue-connection.port.js';
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

// Real: PostgreSQL, Redis, BullMQ, the worker, the feed. Scripted: what the handlers do.
const DEVICE = { deviceId: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10' };
const backends: [string, string | null, (postgres: KillablePostgres) => Promise<[QueueTarget, () => Promise<void>]>][] =
  [
    ['PostgreSQL', null, async ({ config }) => [{ kind: 'postgres', config }, async () => undefined]],
    [
      'Redis',
      redisMissing(),
      async () => {
        const redis = await RedisServer.create();
        return [{ kind: 'redis', url: redis.url }, () => redis.stop()];
      },
    ],
  ];

for (const [backend, missing, open] of backends) {
  describeWith(`progress of jobs on ${backend}`, missing, () => {
    let postgres: KillablePostgres;
    let database: DataSource;
    let target: QueueTarget;
    let stop: () => Promise<void>;
    let feed: EventFeed;
    let app: INestApplicationContext;
    let handlers: ScriptedHandlers;
    let notices: NoticeOf<'job'>[];

    beforeAll(async () => {
      postgres = await KillablePostgres.create();
      database = await prepareDatabase(postgres);
      [target, stop] = await open(postgres);
      feed = new EventFeed(postgres.config);
      feed.on('job', (notice) => notices.push(notice));
      await eventually(() => expect(feed.isListening).toBe(true));
    });
    beforeEach(() => {
      notices = [];
      handlers = new ScriptedHandlers();
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await app?.close();
    });
    afterAll(async () => {
      feed?.onApplicationShutdown();
      await stop?.();
      await database?.destroy();
      await postgres?.remove();
    });

    const boot = async (options: Partial<BootOptions> = {}): Promise<void> => {
      app = await bootQueue({ database, target, handlers, ...options });
    };
    const check = async (): Promise<string> => (await app.get(JobProducer).enqueue('device.check', DEVICE)).jobId;
    const job = (id: string) => app.get(JobReader).find(id);
    const ended = (id: string) => eventually(async () => expect((await job(id))?.finishedAt).toBeTruthy());

    it('is kept with the job and told, between a beginning and an end', async () => {
      let go: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (go = resolve));
      handlers.on('device.check', async (_, { progress }) => {
        progress({ step: 'probing' });
        await gate;
        return { outcome: 'up' };
      });
      await boot();
      const id = await check();
      await eventually(async () => expect(await job(id)).toMatchObject({ progress: { step: 'probing' } }));
      expect(await job(id)).toMatchObject({ state: 'active', finishedAt: null });
      go();
      await eventually(() => expect(notices.at(-1)?.state).toBe('completed'));
      // Who hears of the end finds the result.
      expect(await job(id)).toMatchObject({ state: 'completed', result: { outcome: 'up' } });
      const common = { kind: 'job', id, name: 'device.check' };
      expect(notices).toEqual([
        { ...common, state: 'active', progress: null },
        { ...common, state: 'active', progress: { step: 'probing' } },
        { ...common, state: 'completed', progress: { step: 'probing' } },
      ]);
    });

    it('is null for a job that says nothing', async () => {
      await boot();
      const id = await check();
      await ended(id);
      expect(await job(id)).toMatchObject({ progress: null });
    });

    it('is written four times a second at most, and the last report always', async () => {
      let seconds = 0;
      handlers.on('device.check', async (_, { progress, signal }) => {
        const report = { count: 0 };
        const began = performance.now();
        // The beginning and two reports.
        while (notices.length < 3 && !signal.aborted) {
          report.count += 1;
          progress(report);
          await new Promise((resolve) => setImmediate(resolve));
        }
        report.count = -1;
        progress(report);
        report.count = 12_345;
        seconds = (performance.now() - began) / 1_000;
      });
      await boot();
      const id = await check();
      await eventually(() => expect(notices.at(-1)?.state).toBe('completed'));
      expect(await job(id)).toMatchObject({ progress: { count: -1 } });
      const counts = notices.slice(1, -1).map(({ progress }) => progress!['count'] as number);
      expect(counts.at(-1)).toBe(-1);
      expect(counts.length).toBeGreaterThanOrEqual(3);
      // The first one at once, the last one at the end.
      expect(counts.length).toBeLessThanOrEqual(2 + Math.ceil(4 * seconds));
      expect(counts.slice(0, -1)).toEqual(counts.slice(0, -1).sort((a, b) => a - b));
    });

    it('over 2 KB is left out, and the job goes on', async () => {
      handlers.on('device.check', async (_, { progress }) => {
        progress({ step: 1 });
        progress({ text: 'x'.repeat(2_100) });
        return 'done';
      });
      await boot();
      const id = await check();
      await ended(id);
      expect(await job(id)).toMatchObject({ state: 'completed', result: 'done', progress: { step: 1 } });
    });

    it('of a job that fails tells that it is tried again, and that it failed', async () => {
      handlers.on('device.check', () => Promise.reject(new Error('no such device')));
      await boot({ catalogue: shortCatalogue({ 'device.check': { attempts: 2, backoffMs: 20 } }) });
      const id = await check();
      await eventually(() => expect(notices.at(-1)?.state).toBe('failed'));
      expect(notices.map(({ state }) => state)).toEqual(['active', 'waiting', 'active', 'failed']);
      expect(await job(id)).toMatchObject({ state: 'failed', error: 'no such device', attempts: 2 });
    });

    it('is not told of jobs that the catalogue does not announce', async () => {
      handlers.on('tables.analyze', async (_, { progress }) => progress({ table: 1 }));
      await boot();
      const { jobId } = await app.get(JobProducer).enqueue('tables.analyze', {});
      await ended(jobId);
      expect(await job(jobId)).toMatchObject({ progress: { table: 1 } });
      const id = await check();
      await eventually(() => expect(notices.at(-1)?.state).toBe('completed'));
      expect(new Set(notices.map((notice) => notice.id))).toEqual(new Set([id]));
    });

    it('never fails a job when it cannot be told', async () => {
      handlers.on('device.check', async (_, { progress }) => {
        progress({ step: 1 });
        return 'done';
      });
      await boot();
      jest.spyOn(app.get(EventBus), 'publish').mockRejectedValue(new Error('the database is away'));
      const id = await check();
      await ended(id);
      expect(await job(id)).toMatchObject({ state: 'completed', result: 'done', progress: { step: 1 } });
    });

    it('after the end of the job is not listened to', async () => {
      let late: (report: Record<string, unknown>) => void = () => undefined;
      handlers.on('device.check', async (_, { progress }) => void (late = progress));
      await boot();
      const first = await check();
      await eventually(() => expect(notices.at(-1)?.state).toBe('completed'));
      late({ step: 'too late' });
      const second = await check();
      await eventually(() => expect(notices.filter(({ state }) => state === 'completed')).toHaveLength(2));
      expect(await job(first)).toMatchObject({ progress: null });
      expect(notices.map(({ id, state }) => [id, state])).toEqual([
        [first, 'active'],
        [first, 'completed'],
        [second, 'active'],
        [second, 'completed'],
      ]);
    });
  });
}
