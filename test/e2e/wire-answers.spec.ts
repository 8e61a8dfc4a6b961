import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { eventually } from '../support/eventually.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { serviceId } from '../support/fake-engine-payloads.js';
import { Product } from '../support/product.js';
import type { Answer } from '../support/http-lab.js';
import {
  documentedSchema,
  exampleBody,
  isStream,
  type Json,
  nameOf,
  pathOf,
  requiredQuery,
  SchemaCheck,
  Wire,
  type WireEndpoint,
} from '../support/wire.js';
import { makeInventory, type WireInventory } from '../support/wire-inventory.js';

jest.setTimeout(120_000);

/** What answers look like when all is well. */
describe('answers', () => {
  let engine: FakeEngine;
  let product: Product;
  let wire: Wire;
  let check: SchemaCheck;
  let inventory: WireInventory;
  beforeAll(async () => {
    engine = await startFakeEngine({ nodes: 12, services: 8, tasks: 60 });
    const env = {
      DOCKER_HOST: engine.dockerHost,
      SWARMWARD_RATE_LIMIT_PER_MINUTE: '100000',
      // Whatever is told is tried at once, and not again before the end of these tests.
      SWARMWARD_GROUP_WAIT_SECONDS: '0',
      SWARMWARD_NOTIFY_BACKOFF_SECONDS: '3600',
    };
    product = await Product.start({ env });
    wire = await Wire.of(product);
    check = new SchemaCheck(wire.document);
    inventory = await makeInventory(wire, { '/api/v1/status/swarm/services/': serviceId(0) });
    await eventually(async () =>
      expect(await wire.ask('/api/v1/status/swarm')).toMatchObject({ body: { data: { total_nodes: 12 } } }),
    );
  }, 120_000);
  afterAll(async () => {
    await product?.stop();
    await engine?.close();
  });

  const reads = () => wire.endpoints.filter(({ method }) => method === 'GET');
  const tagged = () => reads().filter(({ operation }) => '304' in operation.responses);
  const path = (endpoint: WireEndpoint) => `${pathOf(endpoint, inventory.idFor(endpoint))}${requiredQuery(endpoint)}`;
  /** What lasts until now is never the same twice. */
  const still = (endpoint: WireEndpoint) =>
    endpoint.operation.parameters.some(({ name, required }) => name === 'to' && !required)
      ? `${path(endpoint)}?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z`
      : path(endpoint);
  const typesOf = ({ operation }: WireEndpoint) => Object.keys(operation.responses['200']?.content ?? {});

  /** @returns what is wrong with an answer by the document; empty when all is well */
  const faults = (endpoint: WireEndpoint, answer: Answer): string[] => {
    if (answer.status === 204 || isStream(endpoint)) return [];
    const schema = documentedSchema(endpoint, answer);
    return schema ? check.errors(schema, answer.body) : [`${answer.headers['content-type']} is not documented`];
  };

  it('have the documented shape', async () => {
    for (const endpoint of reads()) {
      const answer = await wire.ask(path(endpoint));
      expect([nameOf(endpoint), answer.status]).toEqual([nameOf(endpoint), 200]);
      const [type, ...rest] = String(answer.headers['content-type']).split('; ');
      expect([nameOf(endpoint), typesOf(endpoint)]).toEqual([nameOf(endpoint), expect.arrayContaining([type])]);
      expect(rest[0]).toBe('charset=utf-8');
      expect([nameOf(endpoint), faults(endpoint, answer)]).toEqual([nameOf(endpoint), []]);
    }
  });

  it('have every documented type, for whoever asks for it', async () => {
    const several = reads().filter((endpoint) => typesOf(endpoint).length > 1);
    expect(several.map(({ template }) => template)).toEqual([
      '/api/v1/alert-rules/export',
      '/api/v1/devices/availability',
      '/api/v1/devices/export',
    ]);
    for (const endpoint of several) {
      for (const type of typesOf(endpoint)) {
        const format = type.split('/')[1]!;
        const answer = await wire.ask(`${path(endpoint)}?format=${format}`);
        expect(answer.headers['content-type']).toMatch(new RegExp(`^${type}; charset=utf-8`));
        expect([nameOf(endpoint), format, faults(endpoint, answer)]).toEqual([nameOf(endpoint), format, []]);
      }
    }
    // The same columns; custom fields are those of the devices.
    const columns = (csv: unknown) => String(csv).split('\r\n', 1)[0]!.split(',').filter((name) => !name.includes('.')); // prettier-ignore
    for (const endpoint of several.filter((one) => typesOf(one).includes('text/csv'))) {
      const { body } = await wire.ask(`${path(endpoint)}?format=csv`);
      const { example } = endpoint.operation.responses['200']!.content!['text/csv']!;
      expect(columns(body)).toEqual(columns(example));
    }
  });

  it('have the headers that are documented', async () => {
    for (const endpoint of reads()) {
      const { headers } = await wire.ask(path(endpoint));
      const optional = endpoint.template === '/api/v1/devices/availability' ? ['content-disposition'] : [];
      const documented = Object.keys(endpoint.operation.responses['200']!.headers ?? {}).map((name) =>
        name.toLowerCase(),
      );
      for (const name of documented.filter((one) => !optional.includes(one))) {
        expect([nameOf(endpoint), name, headers[name]]).toEqual([nameOf(endpoint), name, expect.stringMatching(/\S/)]);
      }
      const sent = ['etag', 'x-total-count', 'content-disposition'].filter((name) => headers[name] !== undefined);
      expect([nameOf(endpoint), documented]).toEqual([nameOf(endpoint), expect.arrayContaining(sent)]);
    }
    const { headers, body } = await wire.ask('/api/v1/devices/standalone/list?limit=1');
    expect([headers['x-total-count'], body]).toEqual(['2', [expect.any(Object)]]);
  });

  it('hold what was asked for', async () => {
    const lists = reads().filter(({ operation }) => operation.parameters.some(({ name }) => name === 'cursor'));
    expect(lists.length).toBeGreaterThanOrEqual(25);
    for (const endpoint of lists) {
      const { body } = await wire.ask(`${path(endpoint)}?limit=1`);
      const { data, page } = body as { data: unknown[]; page: { limit: number; total: number } };
      expect(page.limit).toBe(1);
      expect(data).toHaveLength(Math.min(1, page.total));
    }
  });

  it('carry an ETag that saves the body the second time, and never a shared cache', async () => {
    expect(tagged().length).toBeGreaterThan(45);
    for (const endpoint of tagged()) {
      // What counts seconds (`/cache`, `last_used_at`) may change in between; the second or third time it does not.
      await eventually(async () => {
        const first = await wire.ask(still(endpoint));
        const etag = String(first.headers['etag']);
        expect(etag).toMatch(/^W\/"[\w-]{20,}"$/);
        expect(first.headers['cache-control']).toBe('private, no-cache');
        for (const header of [etag, `"other", ${etag}`, etag.slice(2), '*']) {
          const again = await wire.ask(still(endpoint), { headers: { 'if-none-match': header } });
          expect([nameOf(endpoint), again.status, again.raw.length]).toEqual([nameOf(endpoint), 304, 0]);
          expect(again.headers).toMatchObject({ etag, 'cache-control': 'private, no-cache', vary: 'Accept-Encoding' });
          expect(again.headers['content-type']).toBeUndefined();
        }
        const other = await wire.ask(still(endpoint), { headers: { 'if-none-match': 'W/"other"' } });
        expect(other.status).toBe(200);
      });
    }
    for (const open of ['/health/live', '/health/ready', '/api/v1/health']) {
      const { headers } = await wire.ask(open);
      expect(headers['etag']).toBeUndefined();
      expect(headers['cache-control']).toBe('no-store');
    }
  });

  it('to HEAD are those to GET without the body', async () => {
    for (const endpoint of reads()) {
      const answer = await wire.ask(path(endpoint), { method: 'HEAD' });
      expect([nameOf(endpoint), answer.status, answer.raw.length]).toEqual([nameOf(endpoint), 200, 0]);
      // What is streamed has no length before it is over.
      const whole = await wire.ask(path(endpoint));
      const length = Number(answer.headers['content-length']);
      const isStreamed = whole.headers['content-length'] === undefined;
      expect([nameOf(endpoint), isStreamed || length > 5]).toEqual([nameOf(endpoint), true]);
      expect(isStreamed && typesOf(endpoint).join() === 'application/json').toBe(false);
      expect(answer.headers['content-type']).toBe(whole.headers['content-type']);
    }
  });

  it.each([
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['gzip;q=0, br;q=0', undefined],
    ['identity', undefined],
    ['identity;q=1, gzip;q=0.5', undefined],
    ['*', 'br'],
    ['*;q=0', undefined],
    ['zstd', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('to Accept-Encoding %j come as %j, hot or not', async (accepted, encoding) => {
    for (const path of ['/api/v1/status/swarm', '/api/v1/status/swarm/nodes']) {
      const plain = await wire.ask(path);
      const headers: Record<string, string> = accepted === undefined ? {} : { 'accept-encoding': accepted };
      const answer = await wire.ask(path, { headers });
      expect(answer.headers['content-encoding']).toBe(encoding);
      expect(answer.headers['vary']).toBe('Accept-Encoding');
      expect(Number(answer.headers['content-length'])).toBe(answer.raw.length);
      const unpack = { gzip: gunzipSync, br: brotliDecompressSync }[encoding ?? ''] ?? ((raw: Buffer) => raw);
      const body = JSON.parse(unpack(answer.raw).toString()) as { data: object };
      expect(Object.keys(body)).toEqual(Object.keys(plain.body as object));
      const most = encoding ? plain.raw.length / 2 : plain.raw.length * 1.1;
      expect(answer.raw.length).toBeLessThan(most);
    }
  });

  it('under 1 KiB are not compressed', async () => {
    const answer = await wire.ask('/api/v1/status/swarm/nodes?limit=1&fields=id', {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  it('carry the request id: the one given if it can stand in a log, otherwise a new one', async () => {
    const idOf = async (id?: string) =>
      (await wire.ask('/api/v1/status/swarm', { headers: id === undefined ? {} : { 'x-request-id': id } })).headers[
        'x-request-id'
      ];
    expect(await idOf('my-request.1:2')).toBe('my-request.1:2');
    const made = [
      await idOf(),
      await idOf(''),
      await idOf('with space'),
      await idOf('<script>'),
      await idOf('a'.repeat(129)),
    ];
    for (const id of made) expect(id).toMatch(/^[\w-]{6,}$/);
    expect(new Set(made).size).toBe(made.length);
  });

  it('carry the security headers, errors and documentation too', async () => {
    for (const path of ['/api/v1/status/swarm', '/api/v1/tokens', '/health/live', '/nothing', '/docs', '/docs-json']) {
      const { headers } = await wire.ask(path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("default-src 'self'"),
        'strict-transport-security': expect.stringContaining('max-age='),
      });
      expect(headers['x-powered-by'] ?? headers['server']).toBeUndefined();
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('to writes are in the audit log: who, what, on what, by which request', async () => {
    const headers = { 'x-request-id': 'audited-request' };
    const made = await wire.ask('/api/v1/tokens', {
      method: 'POST',
      headers,
      body: { name: 'audited', role: 'viewer' },
    });
    const { id, token } = (made.body as { data: { id: string; token: string } }).data;
    expect(made).toMatchObject({ status: 201, headers: { 'cache-control': 'no-store' } });
    await wire.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', headers });
    // Once more changes nothing, and is no second entry.
    expect(await wire.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', headers })).toMatchObject({ status: 204 });
    const refreshed = await wire.ask('/api/v1/status/swarm/refresh', { method: 'POST', headers });
    expect(refreshed).toMatchObject({ status: 202, body: { data: { job_id: expect.any(String) } } });

    const log = await wire.ask('/api/v1/audit?sort=at');
    const entries = (log.body as { data: { request_id: string }[] }).data.filter(
      ({ request_id }) => request_id === 'audited-request',
    );
    const who = { actor: 'configured-admin', actor_token_id: expect.any(String), remote_address: '127.0.0.1' };
    expect(entries).toMatchObject([
      {
        ...who,
        action: 'token.created',
        subject_type: 'token',
        subject_id: id,
        before: null,
        after: { name: 'audited', role: 'viewer' },
      },
      {
        ...who,
        action: 'token.revoked',
        subject_type: 'token',
        subject_id: id,
        before: { name: 'audited', role: 'viewer' },
      },
      {
        ...who,
        action: 'swarm.refresh_requested',
        subject_type: 'swarm',
        after: { job_id: (refreshed.body as { data: { job_id: string } }).data.job_id },
      },
    ]);
    for (const text of [JSON.stringify(log.body), product.output]) expect(text).not.toContain(token);
  });

  it('to the documented examples are the documented ones, and each write is audited', async () => {
    const total = async () =>
      ((await wire.ask('/api/v1/audit?limit=1')).body as { page: { total: number } }).page.total;
    const emptySites = () =>
      wire.ask('/api/v1/devices/bulk/delete', { method: 'POST', body: { selector: { all: true } } });
    /** The one of the inventory was ended by then. */
    const anotherSilence = async () => {
      const body = { matchers: [{ name: 'rule', op: '=', value: 'none' }], duration_seconds: 60 };
      const answer = await wire.ask('/api/v1/silences', { method: 'POST', body });
      return `/api/v1/silences/${(answer.body as { data: { id: string } }).data.id}`;
    };
    const writes = wire.endpoints.filter(({ method }) => method !== 'GET');
    // Those that remove come last, what refers to other things first.
    const order = [
      'silences',
      'notification-routes',
      'alert-rules',
      'channels',
      'templates',
      'items',
      'groups',
      'maintenance-windows',
      'devices',
      'credentials',
      'profiles',
      'sites',
      'tokens',
    ];
    // Only what is enabled can be ended, only what is not in hand yet be taken in hand by a filter, what is taken back, and so on.
    const first = ['/maintenance-windows/{id}/end', '/alerts/bulk/ack', '/alerts/{id}/ack', '/alerts/{id}/unack'];
    const rank = ({ method, template }: WireEndpoint) => {
      const place = first.indexOf(template.replace('/api/v1', ''));
      if (place !== -1) return place - first.length;
      // What tells of an alert that was resolved is not tried again.
      if (template.endsWith('/resolve')) return 1;
      return method === 'DELETE' ? 2 + order.indexOf(template.split('/')[3]!) : 0;
    };
    expect(writes.length).toBeGreaterThan(55);
    for (const endpoint of writes.toSorted((a, b) => rank(a) - rank(b))) {
      const example = exampleBody(endpoint);
      // What is made already has a name already.
      const body: Json | undefined = example && {
        ...example,
        ...('name' in example && { name: `${nameOf(endpoint)} ${String(example['name'])}` }),
      };
      if (nameOf(endpoint) === 'DELETE /api/v1/sites/{id}') await emptySites();
      const asked = nameOf(endpoint) === 'DELETE /api/v1/silences/{id}' ? await anotherSilence() : path(endpoint);
      const before = await total();
      const answer = await wire.ask(asked, { method: endpoint.method, ...(body && { body }) });
      const documented = Object.keys(endpoint.operation.responses).find((status) => status.startsWith('2'));
      expect([nameOf(endpoint), answer.body, String(answer.status)]).toEqual([
        nameOf(endpoint),
        answer.body,
        documented,
      ]);
      expect([nameOf(endpoint), faults(endpoint, answer)]).toEqual([nameOf(endpoint), []]);
      const changesNothing = body?.['dry_run'] === true || /\/(?:accept|validate|backtest)$/.test(endpoint.template);
      const isAudited = (await total()) > before;
      expect([nameOf(endpoint), isAudited || changesNothing]).toEqual([nameOf(endpoint), true]);
    }
  });

  it('leave failed writes out of the audit log', async () => {
    const total = async () =>
      ((await wire.ask('/api/v1/audit?limit=1')).body as { page: { total: number } }).page.total;
    const before = await total();
    await wire.ask('/api/v1/tokens', { method: 'POST', body: { name: '', role: 'viewer' } });
    await wire.ask('/api/v1/tokens/0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10', { method: 'DELETE' });
    expect(await total()).toBe(before);
  });
});
