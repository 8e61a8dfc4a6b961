import { rmSync } from 'node:fs';
import { postmasterOf } from '../support/embedded-folder.js';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { ADMIN_TOKEN, databaseUrl, freshFolder, Product } from '../support/product.js';
import { KillablePostgres } from '../support/queue-postgres.js';
import { redisMissing, RedisServer } from '../support/redis.js';
import { describeWith } from '../support/requires.js';

jest.setTimeout(120_000);

interface Status {
  total_nodes: number;
  stale: boolean;
  age_seconds: number;
}
interface Health {
  status: string;
  components: Record<string, string>;
}

/** By itself, without anybody doing anything. */
const RECOVERY_MS = 40_000;
/** Two refreshes missed and the ten seconds that one may take; and on a busy machine. */
const UNTIL_STALE_MS = 40_000;
/** What a reader may wait while something behind is sick. */
const AT_ONCE_MS = 4_000;

let engine: FakeEngine;
let product: Product;

const status = async (): Promise<Status> => (await product.json<{ data: Status }>('/api/v1/status/swarm')).data;
const health = (): Promise<Health> => product.json<Health>('/api/v1/health');
const fresh = (): Promise<void> =>
  eventually(async () => expect(await status()).toMatchObject({ total_nodes: 3, stale: false }), {
    timeoutMs: RECOVERY_MS,
  });
const healthy = (): Promise<void> =>
  eventually(async () => expect(await health()).toMatchObject({ status: 'healthy' }), { timeoutMs: RECOVERY_MS });
/** Refreshes that reached Docker. */
const refreshes = (): number => engine.callsOf('/nodes').length;
const goesOn = async (): Promise<void> => {
  const before = refreshes();
  await eventually(() => expect(refreshes()).toBeGreaterThan(before + 1), { timeoutMs: RECOVERY_MS });
  await fresh();
};
const answersAtOnce = async (): Promise<Status> => {
  const asked = performance.now();
  const answer = await status();
  expect(performance.now() - asked).toBeLessThan(AT_ONCE_MS);
  expect(answer.total_nodes).toBe(3);
  return answer;
};
const create = (name: string): Promise<Response> =>
  product.fetch('/api/v1/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, role: 'viewer' }),
  });
const troubles = (since = 0): unknown[] =>
  product.lines
    .slice(since)
    .flatMap(({ level, msg }) => (level === 'info' ? [] : [`${String(level)}: ${String(msg)}`]));
/** What each part that needs the database said of it, in order. */
const partsSaid = (since: number): Map<string, ('gone' | 'back')[]> => {
  const said = new Map<string, ('gone' | 'back')[]>();
  for (const { context, msg } of product.lines.slice(since)) {
    const [, part, gone] = /^(.+?) (?:(?:is|are|does) (not) |(?:is |are )?\w+ again)/.exec(String(msg)) ?? [];
    if (part === undefined) continue;
    const key = `${String(context)}: ${part}`;
    said.set(key, [...(said.get(key) ?? []), gone ? 'gone' : 'back']);
  }
  return said;
};
/** Each says once that it is gone, not at every attempt, and once that it is back. */
const allSayItOnce = (since: number): void => {
  const said = partsSaid(since);
  for (const [part, words] of said) {
    expect([part, words]).toEqual([part, words.map((_, index) => (index % 2 === 0 ? 'gone' : 'back'))]);
  }
  expect(said.size).toBeGreaterThan(4);
};

beforeEach(async () => {
  engine = await startFakeEngine({ nodes: 3, services: 2, tasks: 6 });
});
afterEach(async () => {
  await product?.stop();
  await engine.close();
});

describe('a database of its own machine', () => {
  let postgres: KillablePostgres;
  const start = (ready = true): Promise<Product> =>
    Product.start({
      ready,
      env: {
        DATABASE_URL: databaseUrl(postgres.config),
        DOCKER_HOST: engine.dockerHost,
        SWARMWARD_SWARM_REFRESH_SECONDS: '1',
      },
    });

  beforeEach(async () => {
    postgres = await KillablePostgres.create();
  });
  afterEach(async () => {
    // First, or the product waits for it.
    await product?.stop();
    await postgres.remove();
  });

  it('that is down at the start is waited for, which the log says once and the probes tell', async () => {
    await postgres.shutDown();
    product = await start(false);
    await eventually(() => expect(product.output).toMatch(/Waiting for the database .*: nothing listens there\./));
    expect((await product.fetch('/health/live')).status).toBe(200);
    expect((await product.fetch('/health/ready')).status).toBe(503);
    const early = await product.fetch('/api/v1/status/swarm');
    expect([early.status, await early.json()]).toEqual([503, expect.objectContaining({ code: 'starting' })]);
    await postgres.start();
    await product.untilReady(RECOVERY_MS);
    expect(product.output).toMatch(/The database .* is there after \d+ s\./);
    expect(product.output.match(/Waiting for the database/g)).toHaveLength(1);
    await fresh();
  }, 180_000);

  it('that is down at the start and stays away does not keep the product from stopping', async () => {
    await postgres.shutDown();
    product = await start(false);
    await eventually(() => expect(product.output).toContain('Waiting for the database'));
    expect(await product.stop()).toEqual({ code: 0, signal: null });
  }, 120_000);

  it('killed while it runs costs no reader his answer; all recovers by itself, and the log stays calm', async () => {
    product = await start();
    await fresh();
    const known = (await (await create('known')).json()) as { data: { token: string } };
    expect((await product.fetch('/api/v1/status/swarm', { token: known.data.token })).status).toBe(200);
    await healthy();
    const said = product.lines.length;

    await postgres.kill();
    let asked = 0;
    // Its last processes may still answer while they end.
    await eventually(async () => {
      const unknown = await product.fetch('/api/v1/status/swarm', { token: `swd_nobody-has-seen-this-one-${++asked}` });
      expect([unknown.status, await unknown.json()]).toEqual([
        503,
        expect.objectContaining({ code: 'database_unavailable' }),
      ]);
      expect(Number(unknown.headers.get('retry-after'))).toBeGreaterThan(0);
    });
    for (const token of [ADMIN_TOKEN, known.data.token]) {
      expect((await product.fetch('/api/v1/status/swarm', { token })).status).toBe(200);
    }
    const write = await create('refused');
    expect([write.status, await write.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'database_unavailable' }),
    ]);
    await eventually(async () => {
      const response = await product.fetch('/api/v1/health');
      const { status: verdict, components } = (await response.json()) as Health;
      expect([response.status, verdict]).toEqual([503, 'critical']);
      expect(components['database']).toMatch(/^critical/);
    });
    // Nobody can collect now: the queue is in the same database.
    await eventually(async () => expect(await answersAtOnce()).toMatchObject({ stale: true }), {
      timeoutMs: UNTIL_STALE_MS,
    });
    expect((await product.fetch('/health/ready')).status).toBe(200);
    // Of each part that needs the database, and not of the locks that they held.
    allSayItOnce(said);
    expect(troubles(said).join()).not.toMatch(/The lock/);

    await postgres.start();
    await healthy();
    await goesOn();
    expect((await create('accepted')).status).toBe(201);
    allSayItOnce(said);
    // Beside that hardly any; requests that failed have a line each.
    expect(product.lines.slice(said).filter(({ msg }) => msg !== 'Request').length).toBeLessThanOrEqual(30);
    expect(product.lines.filter(({ level }) => level === 'fatal' || level === 'error')).toEqual([]);
  }, 180_000);
});

describe('the embedded PostgreSQL', () => {
  const dataDir = freshFolder();
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  it('killed again and again comes back by itself each time', async () => {
    product = await Product.start({
      dataDir,
      env: { DOCKER_HOST: engine.dockerHost, SWARMWARD_SWARM_REFRESH_SECONDS: '1' },
    });
    await fresh();
    for (let round = 0; round < 3; round++) {
      const pid = postmasterOf(dataDir)!;
      process.kill(pid, 'SIGKILL');
      await eventually(() => expect(postmasterOf(dataDir) ?? pid).not.toBe(pid), { timeoutMs: RECOVERY_MS });
      await goesOn();
      await healthy();
    }
    expect((await create('afterwards')).status).toBe(201);
    expect(product.output.match(/PostgreSQL ended \(SIGKILL\); it is started again/g)).toHaveLength(3);
    expect(product.output.match(/PostgreSQL runs again after/g)).toHaveLength(3);
    expect(product.lines.filter(({ level }) => level === 'fatal' || level === 'error')).toEqual([]);
  }, 240_000);
});

describeWith('a Redis', redisMissing(), () => {
  let redis: RedisServer;
  const reported = async (): Promise<{ cache_status: string; recommendations: string[] }> =>
    (await product.json<{ data: { cache_status: string; recommendations: string[] } }>('/api/v1/status/swarm/cache'))
      .data;
  const NOT_AVAILABLE = 'Redis cache is not available - check connectivity';

  beforeEach(async () => {
    redis = await RedisServer.create();
    product = await Product.start({
      env: { DOCKER_HOST: engine.dockerHost, SWARMWARD_SWARM_REFRESH_SECONDS: '1', REDIS_URL: redis.url },
    });
    await fresh();
    await healthy();
  }, 120_000);
  afterEach(async () => {
    redis.thaw();
    await product.stop();
    await redis.stop();
  });

  it.each([
    ['killed', (server: RedisServer) => server.kill(), (server: RedisServer) => server.start()],
    ['frozen', async (server: RedisServer) => server.freeze(), async (server: RedisServer) => server.thaw()],
  ])(
    'that is %s costs speed, never monitoring',
    async (_, lose, restore) => {
      const said = product.lines.length;
      await lose(redis);
      await answersAtOnce();
      await eventually(async () =>
        expect(await reported()).toMatchObject({
          cache_status: 'unavailable',
          recommendations: expect.arrayContaining([NOT_AVAILABLE]),
        }),
      );
      await eventually(async () =>
        expect(await health()).toMatchObject({
          status: 'degraded',
          components: { redis: expect.stringMatching(/^degraded/), swarm: 'healthy' },
        }),
      );
      await goesOn();
      await answersAtOnce();
      await restore(redis);
      await eventually(async () => expect((await reported()).recommendations).not.toContain(NOT_AVAILABLE), {
        timeoutMs: RECOVERY_MS,
      });
      await healthy();
      expect(troubles(said).length).toBeLessThanOrEqual(6);
    },
    180_000,
  );
});
