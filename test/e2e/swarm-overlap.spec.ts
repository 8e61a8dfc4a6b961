import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EngineProxy, type ProxiedCall, startEngineProxy } from '../support/engine-proxy.js';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { databaseUrl, Product } from '../support/product.js';

interface Status {
  data: { total_nodes: number; stale: boolean; last_error: string | null; _performance: { timestamp: string } };
}

/** A refresh lasts at least so long, so that a second one at the same time would be seen. */
const TASKS_DELAY_MS = 300;
/** From the first refresh to the last, through all that happens to them. */
const OBSERVED_MS = 60_000;
const FROZEN_MS = 8_000;
const LISTS = ['/info', '/nodes', '/services', '/tasks'];

/** One refresh as seen at the socket: its calls, in milliseconds since the epoch. */
interface SeenRefresh {
  worker: number;
  startedAt: number;
  /** Infinity while a call of it is under way. */
  endedAt: number;
  paths: string[];
}

interface WorkerAtSocket {
  process: Product;
  /** Every worker asks through a socket of its own, so that it is known who asked what. */
  proxy: EngineProxy;
}

describe('two workers that refresh every second', () => {
  let engine: FakeEngine;
  let postgres: TestPostgres;
  let others: Product[] = [];
  let workers: WorkerAtSocket[] = [];
  let from: number;
  const shown: string[] = [];

  beforeAll(async () => {
    engine = await startFakeEngine({ nodes: 3, services: 5, tasks: 50 });
    engine.setDelay('/tasks', TASKS_DELAY_MS);
    postgres = await startTestPostgres();
    const url = databaseUrl(await postgres.createEmptyDatabase());
    const start = (role: string, dockerHost: string): Promise<Product> =>
      Product.start({
        env: {
          DATABASE_URL: url,
          SWARMWARD_ROLE: role,
          DOCKER_HOST: dockerHost,
          SWARMWARD_SWARM_REFRESH_SECONDS: '1',
        },
      });
    const startWorker = async (index: number): Promise<WorkerAtSocket> => {
      const socket = join(tmpdir(), `swd-overlap-${process.pid}-${index}.sock`);
      const proxy = await startEngineProxy(socket, engine.dockerHost.replace('unix://', ''));
      return { proxy, process: await start('worker', proxy.dockerHost) };
    };
    others = await Promise.all([start('api', ''), start('scheduler', '')]);
    workers = await Promise.all([startWorker(0), startWorker(1)]);
    await eventually(async () => expect(await status()).toMatchObject({ total_nodes: 3, last_error: null }));
    from = Date.now();
  }, 120_000);
  afterAll(async () => {
    for (const { process: worker } of workers) worker.child.kill('SIGCONT');
    await Promise.all([...workers.map((worker) => worker.process), ...others].map((each) => each.stop()));
    await Promise.all(workers.map(({ proxy }) => proxy.close()));
    await Promise.all([engine?.close(), postgres?.stop()]);
  });

  const status = async (): Promise<Status['data']> => (await others[0]!.json<Status>('/api/v1/status/swarm')).data;
  const refreshes = (): SeenRefresh[] =>
    workers
      .flatMap(({ proxy }, worker) => groupByRefresh(proxy.calls, worker))
      .sort((a, b) => a.startedAt - b.startedAt);
  const refreshesSince = (time: number): number => refreshes().filter(({ startedAt }) => startedAt > time).length;
  /** Lets time pass, which is what is tested here, and writes down which picture readers see. */
  const observeUntil = (time: number): Promise<void> =>
    eventually(
      async () => {
        shown.push((await status())._performance.timestamp);
        expect(Date.now()).toBeGreaterThanOrEqual(time);
      },
      { timeoutMs: 2 * OBSERVED_MS, everyMs: 200 },
    );
  /** Freezes a worker whose refresh is under way. */
  const freezeHolder = (): Promise<WorkerAtSocket> =>
    eventually(
      () => {
        const holder = workers.find(({ proxy }) => isUnderWay(proxy.calls, '/tasks'));
        if (!holder) throw new Error('No refresh is under way');
        holder.process.child.kill('SIGSTOP');
        return holder;
      },
      { timeoutMs: 60_000, everyMs: 5 },
    );

  it('never refresh at the same time, and go on after one was frozen in the middle', async () => {
    await observeUntil(from + 10_000);
    const holder = await freezeHolder();
    const frozenAt = Date.now();
    await observeUntil(frozenAt + FROZEN_MS);
    expect(refreshesSince(frozenAt)).toBe(0);
    const thawedAt = Date.now();
    holder.process.child.kill('SIGCONT');
    await eventually(() => expect(refreshesSince(thawedAt)).toBeGreaterThanOrEqual(3));
    const seen = refreshes().filter(({ startedAt, endedAt }) => startedAt > from && endedAt < Infinity);
    expect(overlaps(refreshes())).toEqual([]);
    for (const { paths } of seen) expect(paths.filter((path) => path !== '/_ping').toSorted()).toEqual(LISTS);
  }, 120_000);

  it('never refresh at the same time when they are asked to all the while, by people and by events', async () => {
    const askedFrom = Date.now();
    await eventually(
      async () => {
        engine.emitEvent({ Type: 'service', Action: 'update', Actor: { ID: 'some' } });
        expect((await others[0]!.fetch('/api/v1/status/swarm/refresh', { method: 'POST' })).status).toBe(202);
        expect(refreshesSince(askedFrom)).toBeGreaterThanOrEqual(20);
      },
      { timeoutMs: 90_000, everyMs: 100 },
    );
    expect(overlaps(refreshes())).toEqual([]);
  }, 120_000);

  it('go on with the other one when the holder stays frozen, and are not disturbed when it thaws', async () => {
    const holder = await freezeHolder();
    const frozenAt = Date.now();
    await eventually(async () => expect((await status()).stale).toBe(true), { timeoutMs: 60_000 });
    // Its lease is 30 s.
    await eventually(() => expect(refreshesSince(frozenAt)).toBeGreaterThanOrEqual(2), { timeoutMs: 90_000 });
    expect(Date.now() - frozenAt).toBeGreaterThan(25_000);
    const thawedAt = Date.now();
    holder.process.child.kill('SIGCONT');
    await observeUntil(thawedAt + 5_000);
    await eventually(() => expect(refreshesSince(thawedAt)).toBeGreaterThanOrEqual(3));
    expect(overlaps(refreshes())).toEqual([]);
    await eventually(async () => expect(await status()).toMatchObject({ stale: false, last_error: null }));
  }, 180_000);

  it('never did so within a whole minute, and never show an older picture after a newer one', async () => {
    await observeUntil(from + OBSERVED_MS);
    expect(overlaps(refreshes())).toEqual([]);
    expect(refreshesSince(from)).toBeGreaterThanOrEqual(25);
    expect(shown.length).toBeGreaterThan(30);
    expect(shown).toEqual(shown.toSorted());
  }, 120_000);
});

/** Every refresh asks for each list once: a second call of the same path begins another one, and so does a ping. */
function groupByRefresh(calls: readonly ProxiedCall[], worker: number): SeenRefresh[] {
  const groups: SeenRefresh[] = [];
  for (const { path, startedAt, endedAt } of calls) {
    if (path === '/events') continue;
    let group = groups.at(-1);
    if (!group || path === '/_ping' || group.paths.includes(path)) {
      group = { worker, startedAt, endedAt: 0, paths: [] };
      groups.push(group);
    }
    group.paths.push(path);
    group.endedAt = Math.max(group.endedAt, endedAt ?? Infinity);
  }
  return groups;
}

/** Each refresh that began while another was under way, in words. */
function overlaps(refreshes: readonly SeenRefresh[]): string[] {
  const found: string[] = [];
  let latest: SeenRefresh | undefined;
  for (const refresh of refreshes) {
    if (latest && refresh.startedAt < latest.endedAt) {
      const early = Math.round(latest.endedAt - refresh.startedAt);
      found.push(`worker ${refresh.worker} began ${early} ms before worker ${latest.worker} had ended`);
    }
    if (!latest || refresh.endedAt > latest.endedAt) latest = refresh;
  }
  return found;
}

function isUnderWay(calls: readonly ProxiedCall[], path: string): boolean {
  return calls.some((call) => call.path === path && call.endedAt === null);
}
