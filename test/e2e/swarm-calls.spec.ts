import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type EngineProxy, startEngineProxy } from '../support/engine-proxy.js';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { databaseUrl, Product } from '../support/product.js';

jest.setTimeout(120_000);

interface Status {
  data: { total_nodes: number; _performance: Record<'service_count' | 'task_count' | 'api_calls', number> };
}
interface Refreshes {
  data: { refresh: { last_success_at: string | null; consecutive_failures: number } };
}

const LISTS = ['/info', '/nodes', '/services', '/tasks'];
const SIZES = [
  [1, 3],
  [200, 2_000],
] as const;
/** All of one refresh, in order: the lock, what is remembered, the proof that the lock is held, the picture, the lock again. */
const STATEMENTS_OF_A_REFRESH = [
  /pg_try_advisory_lock/,
  /^SELECT memory, collected_at/,
  /^SELECT 1$/,
  /^START TRANSACTION$/,
  /^INSERT INTO swarm_state/,
  /^COMMIT$/,
  /^SELECT 1$/,
  /pg_advisory_unlock/,
  /^RESET idle_session_timeout/,
];

describe.each(SIZES)('one refresh of %i services and %i tasks', (services, tasks) => {
  let engine: FakeEngine;
  let proxy: EngineProxy;
  let postgres: TestPostgres;
  let product: Product;
  let worker: Product;

  beforeAll(async () => {
    engine = await startFakeEngine({ nodes: 3, services, tasks });
    const socket = join(tmpdir(), `swd-calls-${process.pid}-${services}.sock`);
    [proxy, postgres] = await Promise.all([
      startEngineProxy(socket, engine.dockerHost.replace('unix://', '')),
      startTestPostgres(),
    ]);
    const connection = await postgres.createEmptyDatabase();
    await logStatements(postgres, connection.database);
    // No scheduler: neither its crons interfere nor those that evaluate and notify, which hold locks as well.
    const env = { DATABASE_URL: databaseUrl(connection), DOCKER_HOST: proxy.dockerHost };
    [product, worker] = (await Promise.all(
      ['api', 'worker'].map((role) => Product.start({ env: { ...env, SWARMWARD_ROLE: role } })),
    )) as [Product, Product];
    await eventually(async () =>
      expect((await status())._performance).toMatchObject({ service_count: services, task_count: tasks }),
    );
  }, 120_000);
  afterAll(async () => {
    await Promise.all([product?.stop(), worker?.stop()]);
    await proxy?.close();
    await Promise.all([engine?.close(), postgres?.stop()]);
  });

  const status = async (): Promise<Status['data']> => (await product.json<Status>('/api/v1/status/swarm')).data;
  const refreshes = async () => (await product.json<Refreshes>('/api/v1/status/swarm/cache')).data.refresh;
  /** Paths of the calls since the given one, without the event stream, which is no part of a refresh. */
  const callsSince = (index: number): string[] =>
    proxy.calls
      .slice(index)
      .map(({ path }) => path)
      .filter((path) => path !== '/events')
      .sort();
  const refresh = async (): Promise<void> => {
    const { last_success_at: before } = await refreshes();
    expect((await product.fetch('/api/v1/status/swarm/refresh', { method: 'POST' })).status).toBe(202);
    await eventually(async () => {
      const { last_success_at: now, consecutive_failures } = await refreshes();
      expect({ refreshed: now !== before, consecutive_failures }).toEqual({ refreshed: true, consecutive_failures: 0 });
    });
  };

  it('makes five calls the first time, the version included', async () => {
    expect(callsSince(0)).toEqual(['/_ping', ...LISTS]);
    expect((await status())._performance.api_calls).toBe(5);
  });

  it('makes four calls from then on', async () => {
    const before = proxy.calls.length;
    await refresh();
    expect(callsSince(before)).toEqual(LISTS);
    await eventually(async () => expect((await status())._performance.api_calls).toBe(4));
  });

  it('never asks for the swarm itself, which holds join tokens, and only reads', () => {
    expect(new Set(callsSince(0))).toEqual(new Set(['/_ping', ...LISTS]));
    expect(engine.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(engine.callsOf('/swarm')).toEqual([]);
    // The proxy has seen everything that the engine was asked.
    expect(engine.calls.map(({ url }) => url).sort()).toEqual(proxy.calls.map(({ url }) => url).sort());
  });

  it('sends nine statements to PostgreSQL, however many services there are', async () => {
    const before = statementsIn(postgres).length;
    await refresh();
    const sent = await eventually(() => {
      const statements = statementsIn(postgres).slice(before);
      expect(statements.at(-1)).toMatch(/RESET/);
      return statements;
    });
    expect(sent).toEqual(STATEMENTS_OF_A_REFRESH.map((pattern): unknown => expect.stringMatching(pattern)));
  });

  it('makes four calls also after a change in the swarm', async () => {
    const { last_success_at: before } = await refreshes();
    const from = proxy.calls.length;
    engine.emitEvent({ Type: 'service', Action: 'update', Actor: { ID: 'x' } });
    await eventually(async () => expect((await refreshes()).last_success_at).not.toBe(before));
    expect(callsSince(from)).toEqual(LISTS);
  });
});

async function logStatements({ server }: TestPostgres, database: string): Promise<void> {
  await query(server.connection, `ALTER DATABASE ${database} SET log_statement = 'all'`);
  await query(server.connection, `ALTER SYSTEM SET log_line_prefix = '%a|'`);
  const client = new Client({ ...server.connection });
  await client.connect();
  await client.query('SELECT pg_reload_conf()');
  await client.end();
}

/** What a refresh sends: everything about the picture and its lock. The queue and the heartbeats beat on meanwhile. */
function statementsIn({ server }: TestPostgres): string[] {
  const log = readFileSync(join(server.dataDir, 'postgres', 'postgres.log'), 'utf8');
  const entries = log.split(/^(?=swarmward \w+\||swarmward-queue\||\[unknown\]\|)/m);
  return entries
    .flatMap((entry) => /^swarmward worker\|LOG: {2}(?:statement|execute [^:]+): (.*)/s.exec(entry)?.[1] ?? [])
    .map((statement) => statement.trim())
    .filter((statement) =>
      /swarm_state|advisory|^(SELECT 1|START TRANSACTION|COMMIT)$|idle_session_timeout/.test(statement),
    )
    .filter((statement) => !statement.startsWith('SELECT revision'));
}
