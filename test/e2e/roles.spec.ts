import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Role } from '../../src/platform/config/settings.schema.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { databaseUrl, freshFolder, Product } from '../support/product.js';

jest.setTimeout(120_000);

type SplitRole = Exclude<Role, 'all'>;
interface Health {
  status: string;
  components: Record<string, string>;
}

const ROLES = ['api', 'worker', 'scheduler'] as const;
const CLEAN = { code: 0, signal: null };
const STOP_LIMIT_MS = 25_000;
const OWN_CACHE = 'REDIS_URL is not set: this process keeps a memory cache of its own, with PostgreSQL behind it';
/** With a refresh every second a machine need not be busy for long. */
const TOO_BUSY = /came too late and was dropped|is skipped: the one before still runs/;
const NO_WORKER = 'critical: no worker is alive';

let postgres: TestPostgres;
let engine: FakeEngine;
let database: DatabaseConnection;
let folder: string;
let running: Product[];

const begin = async (role: SplitRole, env: Record<string, string> = {}): Promise<Product> => {
  const product = await Product.start({
    ready: false,
    env: {
      SWARMWARD_ROLE: role,
      DATABASE_URL: databaseUrl(database),
      SWARMWARD_SWARM_REFRESH_SECONDS: '1',
      ...(role === 'worker' ? { DOCKER_HOST: engine.dockerHost } : {}),
      NODE_OPTIONS: `--require=${resolve('test/support/loaded-modules.cjs')}`,
      LOADED_MODULES: join(folder, role),
      ...env,
    },
  });
  running.push(product);
  return product;
};
const start = async (role: SplitRole, env: Record<string, string> = {}): Promise<Product> => {
  const product = await begin(role, env);
  await product.untilReady();
  return product;
};
/** The npm packages that an ended process of this role had loaded. */
const loaded = (role: SplitRole): string[] => {
  const files = [role, `${role}.imported`].flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  return [...new Set(files.flatMap((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []))];
};
const health = (api: Product): Promise<Health> => api.json<Health>('/api/v1/health');
const nodes = async (api: Product): Promise<number> =>
  (await api.json<{ data: { total_nodes: number } }>('/api/v1/status/swarm')).data.total_nodes;

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  engine = await startFakeEngine({ nodes: 3, services: 2, tasks: 6 });
  database = await postgres.createEmptyDatabase();
  folder = freshFolder();
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((product) => product.stop('SIGKILL')));
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('api, worker and scheduler', () => {
  it('started at once on an empty database do the job together, each with its probes, and stop cleanly', async () => {
    const products = await Promise.all(ROLES.map((role) => begin(role)));
    await Promise.all(products.map((product) => product.untilReady()));
    const [api, worker, scheduler] = products as [Product, Product, Product];
    await eventually(async () => expect(await nodes(api)).toBe(3));
    await eventually(async () => expect(await health(api)).toMatchObject({ status: 'healthy' }));
    const { components } = await health(api);
    expect(components).toEqual({
      database: 'healthy',
      redis: 'not configured',
      victoriametrics: 'not configured',
      workers: 'healthy (30 workers)',
      celery_workers: 'healthy (30 workers)',
      scheduler: 'healthy',
      disk_space: expect.stringMatching(/^healthy: [\d.]+GB free \([\d.]+%\)$/),
      swarm: 'healthy',
      icmp: 'not configured',
      api: 'healthy',
    });

    for (const product of products) {
      expect(await product.json('/health/live')).toEqual({ status: 'live' });
      expect(await product.json('/health/ready')).toEqual({ status: 'ready' });
      // The other roles of an installation without Redis: said once, calmly.
      expect(product.lines.filter(({ msg }) => msg === OWN_CACHE)).toHaveLength(1);
    }
    for (const product of [worker, scheduler]) {
      const other = await product.fetch('/api/v1/status/swarm');
      expect(other.status).toBe(404);
      expect(other.headers.get('content-type')).toContain('application/problem+json');
      expect(await other.json()).toMatchObject({ code: 'route_not_found' });
    }

    for (const product of [scheduler, worker, api]) {
      const began = performance.now();
      expect(await product.stop('SIGTERM')).toEqual(CLEAN);
      expect(performance.now() - began).toBeLessThan(STOP_LIMIT_MS);
      expect(product.lines.filter(({ level, msg }) => level !== 'info' && !TOO_BUSY.test(String(msg)))).toEqual([]);
    }
    expect(loaded('worker')).toEqual(expect.arrayContaining(['dockerode', 'docker-modem']));
    expect(loaded('api')).toContain('fastify');
    expect(loaded('scheduler')).toContain('pg');
    for (const role of ['api', 'scheduler'] as const) expect(loaded(role)).not.toContain('docker-modem');
    for (const role of ['worker', 'scheduler'] as const) expect(loaded(role)).not.toContain('fastify');
    // Nobody is told anything by email here; and only the API reads and writes files of rules.
    for (const role of ROLES) expect(loaded(role)).not.toContain('nodemailer');
    for (const role of ['worker', 'scheduler'] as const) expect(loaded(role)).not.toContain('yaml');
  }, 120_000);

  it('are each replaceable: health tells who is missing, and a new one takes over', async () => {
    const [api, worker] = (await Promise.all([start('api'), start('worker')])) as [Product, Product];
    await eventually(async () => expect((await health(api)).components['workers']).toMatch(/^healthy/));
    expect((await health(api)).components['scheduler']).toMatch(/^degraded: no scheduler is alive/);
    expect((await api.fetch('/api/v1/health')).status).toBe(200);
    await start('scheduler');
    await eventually(async () => expect(await health(api)).toMatchObject({ status: 'healthy' }));
    // One that stops says so; it is not waited for.
    await worker.stop();
    await eventually(async () => expect((await health(api)).components['workers']).toBe(NO_WORKER), {
      timeoutMs: 15_000,
    });
    await start('worker');
    await eventually(async () => expect(await health(api)).toMatchObject({ status: 'healthy' }));
  }, 120_000);
});

describe('without a worker', () => {
  it('ticks only enqueue: the jobs wait, nobody touches Docker, and health is critical', async () => {
    const api = await start('api', { DOCKER_HOST: engine.dockerHost });
    await start('scheduler', { DOCKER_HOST: engine.dockerHost });
    await eventually(async () => expect(await waitingJobs()).toBeGreaterThan(1));
    const response = await api.fetch('/api/v1/health');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      status: 'critical',
      components: { workers: NO_WORKER, celery_workers: NO_WORKER, scheduler: 'healthy', database: 'healthy' },
    });
    // Readers answer all the same.
    expect((await api.fetch('/api/v1/status/swarm')).status).toBe(200);
    expect(engine.calls).toEqual([]);
    await start('worker');
    await eventually(async () => expect(await nodes(api)).toBe(3));
    await eventually(async () => expect(await waitingJobs()).toBeLessThan(2));
  }, 120_000);
});

describe('a worker of the queue maintenance alone', () => {
  it('does not touch Docker', async () => {
    const api = await start('api');
    const worker = await start('worker', { SWARMWARD_WORKER_QUEUES: 'maintenance' });
    await start('scheduler');
    await eventually(async () =>
      expect((await health(api)).components['workers']).toBe(
        `degraded: ${['swarm', 'ping', 'checks', 'on-demand', 'snmp'].map((queue) => `queue ${queue}: no live worker takes its jobs`).join('; ')}`,
      ),
    );
    await eventually(async () => expect(await waitingJobs()).toBeGreaterThan(1));
    expect(await worker.stop()).toEqual(CLEAN);
    expect(engine.calls).toEqual([]);
    expect(loaded('worker')).toContain('pg');
    expect(loaded('worker')).not.toContain('docker-modem');
  }, 120_000);
});

describe('a role of its own', () => {
  it.each(ROLES)('%s is refused without DATABASE_URL, which the message says how to set', async (role) => {
    const product = await begin(role, { DATABASE_URL: '' });
    expect(await product.exited).toEqual({ code: 1, signal: null });
    expect(product.output).toContain(
      `SWARMWARD_ROLE=${role} needs DATABASE_URL: several processes share one PostgreSQL.`,
    );
    expect(product.output).toContain('Set DATABASE_URL=postgres://user:password@host:5432/swarmward');
  });

  it('is refused with a queue in a Redis that is not set', async () => {
    const product = await begin('worker', { SWARMWARD_QUEUE_BACKEND: 'redis' });
    expect(await product.exited).toEqual({ code: 1, signal: null });
    expect(product.output).toContain('SWARMWARD_QUEUE_BACKEND=redis needs REDIS_URL. Set REDIS_URL=redis://host:6379');
  });
});

/** Jobs of the queue `swarm` that nobody has taken. */
async function waitingJobs(): Promise<number> {
  const [row] = await query<{ count: number }>(
    database,
    `SELECT count(*)::int AS count FROM bullmq.job WHERE queue = 'swarm' AND state = 'waiting'`,
  );
  return row!.count;
}
