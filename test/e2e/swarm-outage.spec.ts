import { rmSync } from 'node:fs';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, type FakeMode, startFakeEngine } from '../support/fake-engine.js';
import { freshFolder, Product } from '../support/product.js';

jest.setTimeout(120_000);

interface Status {
  data: {
    swarm_active: boolean;
    error: string | null;
    total_nodes: number;
    nodes: { hostname: string }[];
    stale: boolean;
    age_seconds: number | null;
    tier: string;
    last_error: string | null;
    warnings: { code: string }[];
    cache_info: { source: string };
  };
}
interface Cache {
  data: {
    cache_status: string;
    refresh: { consecutive_failures: number; last_error: string | null };
    recommendations: string[];
  };
}
const HEALTHY = 'Cache is healthy and operating normally';
/** A hanging call is given up after ten seconds. */
const UNTIL_NOTICED_MS = 40_000;

describe('the swarm while Docker is sick', () => {
  let engine: FakeEngine;
  let product: Product;
  const dataDir = freshFolder();
  const start = (): Promise<Product> =>
    Product.start({ dataDir, env: { DOCKER_HOST: engine.dockerHost, SWARMWARD_SWARM_REFRESH_SECONDS: '1' } });
  const status = async (): Promise<Status['data']> => (await product.json<Status>('/api/v1/status/swarm')).data;
  const cache = async (): Promise<Cache['data']> => (await product.json<Cache>('/api/v1/status/swarm/cache')).data;
  const fine = () =>
    eventually(
      async () => expect(await status()).toMatchObject({ total_nodes: 3, stale: false, last_error: null, error: null }),
      { timeoutMs: UNTIL_NOTICED_MS },
    );

  beforeAll(async () => {
    engine = await startFakeEngine({ nodes: 3, services: 2, tasks: 6 });
    product = await start();
  });
  afterAll(async () => {
    await product?.stop();
    await engine?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it.each<FakeMode | 'down'>(['down', 'hang', 'drip', 'garbage', 'half', 'error', 'reset'])(
    'keeps the last good picture and tells the truth when it is in mode %s, and recovers by itself',
    async (mode) => {
      await fine();
      if (mode === 'down') await engine.down();
      else engine.setMode(mode);
      await eventually(
        async () => {
          const asked = performance.now();
          const answer = await status();
          expect(performance.now() - asked).toBeLessThan(1_500);
          expect(answer).toMatchObject({ total_nodes: 3, error: null, stale: true });
          expect(answer.last_error).not.toBeNull();
          expect(answer.age_seconds).toBeGreaterThan(0);
        },
        { timeoutMs: UNTIL_NOTICED_MS },
      );
      const report = await cache();
      expect(report.cache_status).toBe('degraded');
      expect(report.recommendations).not.toContain(HEALTHY);
      expect(report.refresh.consecutive_failures).toBeGreaterThan(0);
      if (mode === 'down') await engine.up();
      else engine.setMode('ok');
      await fine();
      await eventually(async () => expect((await cache()).recommendations).toEqual([HEALTHY]));
    },
    120_000,
  );

  it('loses nothing when /info alone hangs', async () => {
    await fine();
    engine.setMode('hang', '/info');
    await eventually(async () => {
      const { warnings, stale, total_nodes } = await status();
      expect({ stale, total_nodes }).toEqual({ stale: false, total_nodes: 3 });
      expect(warnings.map(({ code }) => code)).toContain('info_unavailable');
    });
    engine.setMode('ok');
  }, 120_000);

  it('shows the last good picture after a restart during the outage', async () => {
    await fine();
    await engine.down();
    await product.stop('SIGKILL');
    product = await start();
    // Whoever asks first has it from the database, and the evaluation of alert rules mostly does before this.
    const { total_nodes, tier, cache_info } = await status();
    expect(total_nodes).toBe(3);
    expect([
      ['database', 'database'],
      ['primary', 'cached'],
    ]).toContainEqual([tier, cache_info.source]);
    await eventually(async () => expect(await status()).toMatchObject({ total_nodes: 3, stale: true }));
    expect((await cache()).recommendations).not.toContain(HEALTHY);
    await engine.up();
    await fine();
  }, 120_000);

  it('answers that there is no swarm when the engine says so, and never asks for join tokens', async () => {
    await fine();
    engine.setMode('not-swarm');
    engine.setBody('/info', { Swarm: { LocalNodeState: 'inactive' } });
    await eventually(async () =>
      expect(await status()).toMatchObject({
        swarm_active: false,
        error: 'Not in swarm mode',
        nodes: [],
        total_nodes: 0,
      }),
    );
    expect(engine.callsOf('/swarm')).toEqual([]);
    expect(engine.calls.every(({ method }) => method === 'GET')).toBe(true);
  }, 120_000);
});

describe('without Docker', () => {
  it('says so and what to set', async () => {
    const product = await Product.start({ env: { DOCKER_HOST: '' } });
    try {
      await eventually(async () => {
        const { data } = await product.json<Status>('/api/v1/status/swarm');
        expect(data).toMatchObject({ error: 'Docker unavailable', nodes: [], swarm_active: false });
        expect(data.last_error).toMatch(/DOCKER_HOST/);
      });
      const { components } = await product.json<{ components: Record<string, string> }>('/api/v1/health');
      expect(components['swarm']).toMatch(/^not configured/);
    } finally {
      await product.stop();
    }
  });
});
