import { DEFAULT_RULES } from '../../src/alerts/rules/default-rules.js';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { Product } from '../support/product.js';
import { makeInventory } from '../support/wire-inventory.js';
import { expectProblem, type Json, pathOf, Wire, type WireEndpoint } from '../support/wire.js';

jest.setTimeout(120_000);

interface Page {
  data: Json[];
  page: { limit: number; next_cursor: string | null; total: number };
}

const NODES = '/api/v1/status/swarm/nodes';
const SERVICES = '/api/v1/status/swarm/services';
const TASKS = '/api/v1/status/swarm/tasks';
const AUDIT = '/api/v1/audit';
const TOKENS = '/api/v1/tokens';
/** The writes below, all of them: 26 tokens with the configured one, 16 of the inventory, 12 of each name, one import and one rule. */
const AUDITED = 212;
const PROBLEMS = '/api/v1/status/swarm/problems';

const NAMES = [
  'alpha',
  'Alpha 2',
  'ALPHA 10',
  'beta',
  'Élan',
  'zeta',
  '_under',
  '10',
  '9',
  'ärger',
  '漢字',
  '\u{1f4a9}',
  'a b',
  'a-b',
];

/** Lists, over a swarm that is collected anew every second while they are read. */
describe('lists', () => {
  let engine: FakeEngine;
  let product: Product;
  let wire: Wire;
  let device: string;
  let channel: string;
  beforeAll(async () => {
    engine = await startFakeEngine({ nodes: 30, services: 200, tasks: 2_000 });
    const env = {
      DOCKER_HOST: engine.dockerHost,
      SWARMWARD_SWARM_REFRESH_SECONDS: '1',
      SWARMWARD_RATE_LIMIT_PER_MINUTE: '100000',
    };
    product = await Product.start({ env });
    wire = await Wire.of(product);
    const inventory = await makeInventory(wire);
    device = inventory.idFor({ template: '/api/v1/devices/{id}' });
    channel = inventory.idFor({ template: '/api/v1/channels/{id}' });
    await fill();
    for (let index = 0; index < 24; index++) await wire.make('viewer', { name: `token ${index % 5}` });
    await eventually(async () => expect((await page(TASKS)).page.total).toBe(2_000));
    await eventually(async () => expect((await page('/api/v1/alerts', { rule: 'filled' })).page.total).toBe(NAMES.length)); // prettier-ignore
  }, 120_000);
  afterAll(async () => {
    await product?.stop();
    await engine?.close();
  });

  /** More of everything that has a list: names in any case and script, some times the same to the millisecond. */
  const fill = async (): Promise<void> => {
    const post = async (path: string, body?: Json, status = 201) => {
      const answer = await wire.ask(path, { method: 'POST', ...(body && { body }) });
      expect([path, answer.status, answer.body]).toEqual([path, status, answer.body]);
    };
    for (const [index, name] of NAMES.entries()) {
      const item = { name, oid: `1.3.6.1.2.1.2.2.1.10.${index}`, value_type: 'number' };
      await post('/api/v1/sites', { name });
      await post('/api/v1/groups', { name, selector: { all: true } });
      await post('/api/v1/profiles', { name });
      await post('/api/v1/credentials', { name, kind: 'snmp_v2c', community: 'a community' });
      await post('/api/v1/templates', { name, items: [item] });
      await post(`/api/v1/devices/${device}/items`, item);
      await post('/api/v1/maintenance-windows', {
        name,
        scope: { tags: ['nothing'] },
        starts_at: `2030-01-0${1 + (index % 3)}T00:00:00Z`,
        ends_at: '2030-01-09T00:00:00Z',
      });
      await post('/api/v1/alert-rules', { name, expression: 'icmp.rtt_ms > 5000', scope: { tags: ['nothing'] } });
      await post('/api/v1/channels', { name, kind: 'webhook', config: { url: 'http://127.0.0.1:9/' } });
      await post('/api/v1/notification-routes', { name, matchers: { tags: ['nothing'] } });
      await post('/api/v1/silences', {
        matchers: [{ name: 'rule', op: '=', value: name }],
        starts_at: `2030-01-0${1 + (index % 3)}T00:00:00Z`,
        ends_at: '2030-01-09T00:00:00Z',
      });
      await post(`/api/v1/channels/${channel}/test`, undefined, 202);
    }
    const devices = NAMES.map((name, index) => ({ name, ip: `127.9.8.${index + 1}`, tags: ['filled'] }));
    const imported = await wire.ask('/api/v1/devices/import', { method: 'POST', body: { devices } });
    expect(imported).toMatchObject({ status: 200, body: { data: { created: NAMES.length, failed: 0 } } });
    const always = { expression: 'icmp.rtt_ms < 60000', no_data: 'alert' };
    await post('/api/v1/alert-rules', { ...always, name: 'filled', scope: { tags: ['filled'] } });
  };

  const page = async (path: string, query: Record<string, string | number> = {}): Promise<Page> => {
    const answer = await wire.ask(`${path}?${new URLSearchParams(query as Record<string, string>)}`);
    expect([path, query, answer.status]).toEqual([path, query, 200]);
    return answer.body as Page;
  };
  const walk = async (
    path: string,
    query: Record<string, string | number>,
  ): Promise<{ items: Json[]; pages: number }> => {
    const items: Json[] = [];
    let pages = 0;
    for (let cursor: string | null = ''; cursor !== null; pages++) {
      const { data, page: about }: Page = await page(path, cursor === '' ? query : { ...query, cursor });
      items.push(...data);
      cursor = about.next_cursor;
      if (cursor !== null) expect(data).toHaveLength(Number(query['limit']));
    }
    return { items, pages };
  };
  const lists = (): WireEndpoint[] =>
    wire.endpoints.filter(({ operation }) => operation.parameters.some(({ name }) => name === 'cursor'));
  const sortKeys = (path: string): string[] =>
    lists()
      .find(({ template }) => template === path)!
      .operation.parameters.find(({ name }) => name === 'sort')!.schema['enum'] as string[];

  it.each([
    [NODES, 30, 7],
    [SERVICES, 200, 37],
    [TASKS, 2_000, 450],
    [TOKENS, 26, 4],
    [AUDIT, AUDITED, 31],
    [PROBLEMS, 0, 10],
  ])('%s: walking the pages yields each of %i items once, in order, for every sort key', async (path, total, limit) => {
    expect(sortKeys(path).length).toBeGreaterThan(1);
    for (const sort of sortKeys(path)) {
      const { items, pages } = await walk(path, { sort, limit });
      const ids = items.map((item) => item['id']);
      expect([sort, ids.length, new Set(ids).size]).toEqual([sort, total, total]);
      expect(pages).toBe(Math.max(1, Math.ceil(total / limit)));
      const key = sort.replace(/^-/, '');
      const values = items.map((item) => item[key]).filter((value) => value !== null) as (string | number)[];
      const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      expect(values).toEqual(sort.startsWith('-') ? sorted.toReversed() : sorted);
    }
  });

  it.each([
    ['/api/v1/devices', 2],
    ['/api/v1/sites', 1],
    ['/api/v1/groups', 1],
    ['/api/v1/profiles', 2],
    ['/api/v1/credentials', 1],
    ['/api/v1/templates', 1],
    ['/api/v1/items', 1],
    ['/api/v1/maintenance-windows', 1],
    ['/api/v1/devices/{id}/items', 1],
    ['/api/v1/alert-rules', DEFAULT_RULES.length + 3],
    ['/api/v1/channels', 2],
    ['/api/v1/notification-routes', 1],
    ['/api/v1/silences', 1],
    ['/api/v1/alerts', 0, () => ({ rule: 'filled' })],
    ['/api/v1/deliveries', 0, () => ({ channel })],
  ] as [string, number, (() => Record<string, string>)?][])(
    '%s: walking the pages yields each object once, for every sort key, back and forth the same',
    async (template, more, narrowing = () => ({})) => {
      const path = template.replace('{id}', device);
      for (const sort of sortKeys(template).filter((key) => !key.startsWith('-'))) {
        const narrowed = { ...narrowing(), limit: 4 };
        // What is written meanwhile, such as the latest value of an alert, may move between the pages; the next time it does not.
        await eventually(async () => {
          const [up, down] = [await walk(path, { ...narrowed, sort }), await walk(path, { ...narrowed, sort: `-${sort}` })]; // prettier-ignore
          const ids = up.items.map(({ id }) => id);
          expect([sort, ids.length, new Set(ids).size]).toEqual([sort, NAMES.length + more, NAMES.length + more]);
          expect(down.items.map(({ id }) => id)).toEqual(ids.toReversed());
          expect(up.pages).toBe(Math.ceil(ids.length / 4));
        });
      }
    },
  );

  it('are read across refreshes without a gap', async () => {
    const refreshes = () => engine.callsOf('/tasks').length;
    const before = refreshes();
    const seen = new Set<unknown>();
    let cursor: string | null = '';
    for (let round = 0; cursor !== null; round++) {
      const { data, page: about }: Page = await page(TASKS, { limit: 500, ...(cursor && { cursor }) });
      for (const { id } of data) seen.add(id);
      cursor = about.next_cursor;
      // A new picture between any two pages.
      await eventually(() => expect(refreshes()).toBeGreaterThan(before + round));
    }
    expect(seen.size).toBe(2_000);
  });

  it('filter, alone and together', async () => {
    const count = async (path: string, query: Record<string, string>) => (await page(path, query)).page.total;
    expect(await count(NODES, { role: 'manager' })).toBe(3);
    expect(await count(NODES, { role: 'worker', state: 'ready' })).toBe(27);
    expect(await count(NODES, { availability: 'drain' })).toBe(0);
    expect(await count(SERVICES, { stack: 'stack7' })).toBe(4);
    expect(await count(SERVICES, { mode: 'global' })).toBe(0);
    expect(await count(TASKS, { stack: 'stack7' })).toBe(40);
    expect(await count(TASKS, { service: 'stack7_app-7' })).toBe(10);
    expect(await count(TASKS, { node: 'node30', state: 'running', desired_state: 'running' })).toBe(66);
    expect(await count(TASKS, { problem: 'true' })).toBe(0);
    expect(await count(TASKS, { problem: 'false' })).toBe(2_000);
    expect(await count(TASKS, { service: 'stack7_app-7', stack: 'stack8' })).toBe(0);
    expect(await count(TOKENS, { role: 'viewer', state: 'active' })).toBe(25);
    expect(await count(TOKENS, { state: 'revoked' })).toBe(0);
    expect(await count(AUDIT, { action: 'token.created' })).toBe(25);
    expect(await count(AUDIT, { from: '2000-01-01T00:00:00+23:59', to: '9999-12-31T23:59:59Z' })).toBe(AUDITED);
    expect(await count(AUDIT, { to: '2000-01-01T00:00:00Z' })).toBe(0);
  });

  it('search without regard to case, and take every character as itself', async () => {
    const count = async (path: string, q: string) => (await page(path, { q })).page.total;
    expect(await count(NODES, 'NODE30')).toBe(1);
    expect(await count(SERVICES, 'App-199')).toBe(1);
    expect(await count(TOKENS, 'TOKEN 3')).toBe(5);
    // SQL, expressions and LIKE would take these for something else.
    for (const path of [NODES, SERVICES, TASKS, TOKENS, AUDIT]) {
      for (const q of ['%', '.*', '\\', "'", '"; --', '\u{1f4a9}']) {
        expect([path, q, await count(path, q)]).toEqual([path, q, 0]);
      }
    }
    expect(await count(TOKENS, '_')).toBe(0);
  });

  it('trim items to the fields asked for, nested ones too', async () => {
    expect((await page(NODES, { fields: 'hostname,resource_usage.used_cpu_nanos', limit: 1 })).data).toEqual([
      { hostname: 'node1', resource_usage: { used_cpu_nanos: expect.any(Number) } },
    ]);
    const [service] = (await page(SERVICES, { fields: 'published_ports.target_port', limit: 1 })).data;
    expect(service).toEqual({ published_ports: [{ target_port: 8080 }] });
    expect((await page(TOKENS, { fields: 'role', limit: 1 })).data).toEqual([{ role: 'viewer' }]);
    expect((await page(AUDIT, { fields: 'action', limit: 1 })).data).toEqual([{ action: 'token.created' }]);
  });

  it('refuse a cursor of another list, order or filter, and one that was tampered with', async () => {
    const shared = { sort: 'created_at', limit: 1 };
    const cursor = (await page(NODES, shared)).page.next_cursor!;
    const ask = (path: string, query: Record<string, string>) => wire.ask(`${path}?${new URLSearchParams(query)}`);
    expect((await ask(NODES, { sort: 'created_at', cursor })).status).toBe(200);
    for (const [path, query] of [
      [SERVICES, { sort: 'created_at', cursor }],
      [TOKENS, { sort: 'created_at', cursor }],
      [NODES, { sort: '-created_at', cursor }],
      [NODES, { sort: 'created_at', role: 'worker', cursor }],
      [NODES, { sort: 'created_at', q: 'node', cursor }],
      [NODES, { sort: 'created_at', cursor: cursor.slice(5) }],
      [NODES, { sort: 'created_at', cursor: cursor.slice(0, -9) }],
      [NODES, { sort: 'created_at', cursor: 'W10' }],
      [NODES, { sort: 'created_at', cursor: '../../etc/passwd' }],
    ] as [string, Record<string, string>][]) {
      expectProblem(await ask(path, query), 400, 'invalid_cursor');
    }
    expectProblem(await ask(NODES, { cursor: 'a'.repeat(2_001) }), 400, 'validation_failed');
    expectProblem(await ask(NODES, { cursor: '' }), 400, 'validation_failed');
  });

  it('refuse a forged position in the database’s lists', async () => {
    const inDatabase = [
      'sites',
      'groups',
      'profiles',
      'credentials',
      'templates',
      'items',
      'maintenance-windows',
      'devices',
      'alert-rules',
      'alerts',
      'silences',
      'channels',
      'notification-routes',
      'deliveries',
    ];
    const sorted = inDatabase
      .map((name) => `/api/v1/${name}`)
      .flatMap((path) => sortKeys(path).map((sort) => [path, sort] as const));
    for (const [path, sort] of [[TOKENS, 'created_at'], [TOKENS, 'last_used_at'], [AUDIT, 'at'], ...sorted] as const) {
      const cursor = (await page(path, { sort, limit: 1 })).page.next_cursor!;
      const [version, mark] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
      for (const [value, id] of [
        ['no time', '1'],
        ["'; DROP TABLE api_tokens; --", '1'],
        ['2026-01-01', 'not an id'],
        [1e300, '9'.repeat(400)],
        [true, ''],
        [null, '1'],
        ['\ud800', '1'],
      ]) {
        const forged = Buffer.from(JSON.stringify([version, mark, value, id])).toString('base64url');
        const answer = await wire.ask(`${path}?sort=${sort}&cursor=${forged}`);
        expectProblem(answer, 400, 'invalid_cursor');
      }
    }
  });

  it.each(['0', '501', '-1', '1.5', 'abc', '', '1e9', 'NaN', 'Infinity', '9'.repeat(400)])(
    'refuse limit=%s everywhere and say what it may be',
    async (limit) => {
      for (const endpoint of lists()) {
        const answer = await wire.ask(`${pathOf(endpoint)}?limit=${limit}`);
        expectProblem(answer, 400, 'validation_failed');
        expect(answer.body).toMatchObject({ errors: [{ path: 'limit', message: expect.stringMatching(/1|500/) }] });
      }
    },
  );

  it('refuse unknown sort keys, fields and filters everywhere, and list the valid ones', async () => {
    for (const endpoint of lists()) {
      const answer = await wire.ask(`${pathOf(endpoint)}?sort=nonsense&fields=nonsense&nonsense=1`);
      expectProblem(answer, 400, 'validation_failed');
      const { errors } = answer.body as { errors: { path: string; message: string }[] };
      const messageOf = (path: string) => errors.find((error) => error.path === path)?.message;
      for (const key of sortKeys(endpoint.template)) expect(messageOf('sort')).toContain(key);
      expect(messageOf('fields')).toMatch(/^Unknown field nonsense\. Valid: /);
      const known = endpoint.operation.parameters.filter((one) => one.in === 'query').map(({ name }) => name);
      expect(messageOf('nonsense')).toBe(`Unknown query parameter. Valid: ${known.join(', ')}.`);
    }
  });
});
