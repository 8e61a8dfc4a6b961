import { Client } from 'pg';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { databaseUrl, Product } from '../support/product.js';

jest.setTimeout(120_000);

interface Status {
  data: { total_nodes: number; stale: boolean; last_error: string | null; tier: string; age_seconds: number };
}
interface Cache {
  data: { cache_status: string; recommendations: string[]; refresh: { consecutive_failures: number } };
}
const HEALTHY = 'Cache is healthy and operating normally';

describe('what a reader is told', () => {
  let engine: FakeEngine;
  let postgres: TestPostgres;
  let database: Client;
  let product: Product;
  let reader: Product;

  const status = async (of: Product): Promise<Status['data']> => (await of.json<Status>('/api/v1/status/swarm')).data;
  const cache = async (of: Product): Promise<Cache['data']> =>
    (await of.json<Cache>('/api/v1/status/swarm/cache')).data;

  beforeAll(async () => {
    engine = await startFakeEngine({ nodes: 3, services: 2, tasks: 6 });
    postgres = await startTestPostgres();
    const connection = await postgres.createEmptyDatabase();
    const env = {
      DATABASE_URL: databaseUrl(connection),
      DOCKER_HOST: engine.dockerHost,
      SWARMWARD_SWARM_REFRESH_SECONDS: '1',
    };
    product = await Product.start({ env });
    reader = await Product.start({ env: { ...env, DOCKER_HOST: '', SWARMWARD_ROLE: 'api' } });
    database = new Client({ ...connection });
    await database.connect();
  }, 120_000);
  afterAll(async () => {
    await Promise.all([product?.stop(), reader?.stop()]);
    await database?.end();
    await Promise.all([postgres?.stop(), engine?.close()]);
  });

  it('by a process of its own without Redis: the same picture, and that its cache is well', async () => {
    await eventually(async () => {
      expect(await status(reader)).toMatchObject({ total_nodes: 3, stale: false, last_error: null });
      expect(await cache(reader)).toMatchObject({ cache_status: 'available', recommendations: [HEALTHY] });
    });
    const before = (await status(reader)).age_seconds;
    await eventually(async () => expect((await status(reader)).age_seconds).toBeLessThan(Math.max(before, 1.5)));
  });

  it('when a picture cannot be stored, although Docker is well', async () => {
    await database.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON swarm_state FOR EACH ROW
        WHEN (NEW.revision IS DISTINCT FROM OLD.revision) EXECUTE FUNCTION refuse()`);
    for (const each of [product, reader]) {
      await eventually(async () => {
        const told = await status(each);
        expect(told).toMatchObject({ total_nodes: 3, stale: true });
        expect(told.last_error).toContain('no room');
        const report = await cache(each);
        expect(report.cache_status).toBe('degraded');
        expect(report.recommendations).not.toContain(HEALTHY);
        expect(report.refresh.consecutive_failures).toBeGreaterThan(0);
      });
    }
    await database.query('DROP TRIGGER refuse ON swarm_state');
    for (const each of [product, reader]) {
      await eventually(async () => expect(await status(each)).toMatchObject({ stale: false, last_error: null }));
    }
  });

  it('when texts from Docker hold what PostgreSQL cannot store', async () => {
    const task = {
      ID: 'brokentask0000000000000000',
      ServiceID: 'x',
      Slot: 1,
      NodeID: 'n',
      CreatedAt: new Date().toISOString(),
      DesiredState: 'shutdown',
      Status: { State: 'failed', Timestamp: new Date().toISOString(), Err: `${'x'.repeat(298)}🐳 and \u0000 more` },
    };
    engine.setBody('/tasks', [task]);
    engine.setBody('/services', [{ ID: 'x', Spec: { Name: 'x\u0000y', Mode: { Replicated: { Replicas: 1 } } } }]);
    await eventually(async () => {
      const { data } = await product.json<{ data: { name: string }[] }>('/api/v1/status/swarm/services');
      expect(data.map(({ name }) => name)).toEqual(['xy']);
    });
    expect(await status(product)).toMatchObject({ stale: false, last_error: null });
  });

  it('once a turn: what was recorded for a slot is recorded once', async () => {
    const { rows } = await database.query<{ kind: string; turns: string }>(
      'SELECT kind, count(*) AS turns FROM cycles GROUP BY kind',
    );
    expect(rows).toEqual([{ kind: 'swarm-refresh', turns: expect.stringMatching(/^[1-9]/) as string }]);
  });
});
