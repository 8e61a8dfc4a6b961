import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { eventually } from '../support/eventually.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { databaseUrl, Product } from '../support/product.js';
import { expectProblem, nameOf, pathOf, Wire, type WireEndpoint } from '../support/wire.js';

jest.setTimeout(120_000);

/** Who may call what, seen from outside. The lists of endpoints come from the product's own document. */
describe('access', () => {
  let engine: FakeEngine;
  let product: Product;
  let wire: Wire;
  beforeAll(async () => {
    engine = await startFakeEngine();
    const env = {
      DOCKER_HOST: engine.dockerHost,
      SWARMWARD_RATE_LIMIT_PER_MINUTE: '100000',
      SWARMWARD_TRUST_PROXY: 'true',
    };
    product = await Product.start({ env });
    wire = await Wire.of(product);
  }, 60_000);
  afterAll(async () => {
    await product?.stop();
    await engine?.close();
  });
  const guarded = () => wire.endpoints.filter(({ role }) => role !== null);

  it('is closed without a token, with a garbage one and with another scheme, on every endpoint', async () => {
    expect(guarded().length).toBeGreaterThan(70);
    for (const [index, endpoint] of guarded().entries()) {
      // Each endpoint from elsewhere: an address that guesses tokens is shut out before they are all asked.
      const from = { 'x-forwarded-for': `192.0.2.${index}` };
      const ask = (headers: Record<string, string>) =>
        wire.ask(pathOf(endpoint), { method: endpoint.method, token: null, headers: { ...from, ...headers } });
      for (const [headers, code, challenge] of [
        [{}, 'token_missing', 'Bearer realm="swarmward"'],
        [{ authorization: 'Bearer garbage' }, 'token_invalid', 'Bearer realm="swarmward", error="invalid_token"'],
        [{ authorization: 'Basic YTpi' }, 'token_malformed', 'Bearer realm="swarmward", error="invalid_request"'],
      ] as const) {
        const answer = await ask(headers);
        expect([nameOf(endpoint), answer.status]).toEqual([nameOf(endpoint), 401]);
        expectProblem(answer, 401, code);
        expect(answer.headers['www-authenticate']).toBe(challenge);
      }
    }
  });

  it('is judged before anything of the request is read', async () => {
    for (const endpoint of guarded()) {
      const answer = await wire.ask(`${pathOf(endpoint, 'x')}?nonsense=%00`, {
        method: endpoint.method,
        token: null,
        ...(endpoint.method === 'POST' && { body: '{' }),
      });
      expectProblem(answer, 401, 'token_missing');
    }
  });

  it('needs the role that the document says', async () => {
    const ranks = ['viewer', 'operator', 'admin'];
    for (const role of ['viewer', 'operator']) {
      const { token } = await wire.make(role);
      const ask = (endpoint: WireEndpoint) => wire.ask(pathOf(endpoint), { method: endpoint.method, token });
      const mayCall = (endpoint: WireEndpoint) => ranks.indexOf(role) >= ranks.indexOf(endpoint.role!);
      for (const endpoint of guarded().filter(mayCall)) {
        const { status } = await ask(endpoint);
        expect([nameOf(endpoint), status, [401, 403].includes(status)]).toEqual([nameOf(endpoint), status, false]);
      }
      const refused = guarded().filter((endpoint) => !mayCall(endpoint));
      expect(refused.length).toBeGreaterThan(4);
      for (const endpoint of refused) {
        const answer = await ask(endpoint);
        expectProblem(answer, 403, 'access_denied');
        const needed = endpoint.role === 'admin' ? 'Admin' : 'Operator';
        expect(answer.body).toMatchObject({ detail: `Access denied. ${needed} privileges required.` });
      }
    }
  });

  it('needs no token for health and documentation only', async () => {
    const open = wire.endpoints.filter(({ role }) => role === null).map(({ template }) => template);
    expect(open).toEqual(['/api/v1/health', '/health/live', '/health/ready']);
    for (const path of ['/health/live', '/health/ready', '/docs', '/docs-json']) {
      expect(await wire.ask(path, { token: null })).toMatchObject({ status: 200 });
    }
  });

  it('ends with the token: revoked here at once, expired to the second', async () => {
    const { id, token } = await wire.make('viewer');
    expect(await wire.ask('/api/v1/status/swarm', { token })).toMatchObject({ status: 200 });
    expect(await wire.ask(`/api/v1/tokens/${id}`, { method: 'DELETE' })).toMatchObject({ status: 204, body: '' });
    expectProblem(await wire.ask('/api/v1/status/swarm', { token }), 401, 'token_invalid');

    const short = await wire.make('viewer', { expires_at: new Date(Date.now() + 4_000).toISOString() });
    expect(await wire.ask('/api/v1/status/swarm', { token: short.token })).toMatchObject({ status: 200 });
    await eventually(async () =>
      expectProblem(await wire.ask('/api/v1/status/swarm', { token: short.token }), 401, 'token_invalid'),
    );
  });

  it('cannot be locked out: the last admin token stays', async () => {
    const list = (await wire.ask('/api/v1/tokens?role=admin&state=active')).body as { data: { id: string }[] };
    expect(list.data).toHaveLength(1);
    const answer = await wire.ask(`/api/v1/tokens/${list.data[0]!.id}`, { method: 'DELETE' });
    expectProblem(answer, 409, 'last_admin_token');
    expect(await wire.ask('/api/v1/tokens')).toMatchObject({ status: 200 });
  });
});

describe('limits', () => {
  let product: Product;
  let wire: Wire;
  beforeAll(async () => {
    product = await Product.start({ env: { SWARMWARD_RATE_LIMIT_PER_MINUTE: '20' } });
    wire = await Wire.of(product);
  }, 60_000);
  afterAll(() => product?.stop());

  it('are said with Retry-After, for requests and before that for wrong tokens', async () => {
    expect(await wire.ask('/api/v1/status/swarm')).toMatchObject({ status: 200 });
    const answers = [];
    for (let index = 0; index < 11; index++) {
      answers.push(await wire.ask('/api/v1/status/swarm', { token: `wrong-token-number-${index}` }));
    }
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(401), 429]);
    expectProblem(answers.at(-1)!, 429, 'too_many_failed_logins');
    // Who has a token is not shut out by those who guess.
    const own = [];
    for (let index = 0; index < 12; index++) own.push(await wire.ask('/api/v1/status/swarm'));
    expect(own.slice(0, 8).map(({ status }) => status)).toEqual(Array<number>(8).fill(200));
    const refused = own.at(-1)!;
    expectProblem(refused, 429, 'rate_limited');
    for (const { headers } of [answers.at(-1)!, refused]) {
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    }
    expect(await wire.ask('/health/ready', { token: null })).toMatchObject({ status: 200 });
  });
});

describe('two processes on one database', () => {
  let postgres: TestPostgres;
  let first: Wire;
  let second: Wire;
  const products: Product[] = [];
  beforeAll(async () => {
    postgres = await startTestPostgres();
    const env = { SWARMWARD_ROLE: 'api', DATABASE_URL: databaseUrl(await postgres.createEmptyDatabase()) };
    products.push(...(await Promise.all([Product.start({ env }), Product.start({ env })])));
    [first, second] = (await Promise.all(products.map((product) => Wire.of(product)))) as [Wire, Wire];
  }, 60_000);
  afterAll(async () => {
    await Promise.all(products.map((product) => product.stop()));
    await postgres?.stop();
  });

  it('both forget a revoked token within 30 s', async () => {
    const { id, token } = await first.make('viewer');
    for (const wire of [first, second]) {
      expect(await wire.ask('/api/v1/status/swarm', { token })).toMatchObject({ status: 200 });
    }
    expect(await first.ask(`/api/v1/tokens/${id}`, { method: 'DELETE' })).toMatchObject({ status: 204 });
    const revokedAt = performance.now();
    expectProblem(await first.ask('/api/v1/status/swarm', { token }), 401, 'token_invalid');
    let lastAskedInTime = revokedAt;
    await eventually(
      async () => {
        const askedAt = performance.now();
        const answer = await second.ask('/api/v1/status/swarm', { token });
        if (answer.status === 200) lastAskedInTime = askedAt;
        expectProblem(answer, 401, 'token_invalid');
      },
      { timeoutMs: 60_000, everyMs: 250 },
    );
    expect(lastAskedInTime - revokedAt).toBeLessThan(30_000);
  }, 90_000);
});
