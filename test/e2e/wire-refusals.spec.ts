import { readFileSync } from 'node:fs';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';
import { Product } from '../support/product.js';
import {
  exampleBody,
  expectDocumentedProblem,
  expectProblem,
  type Json,
  nameOf,
  type Operation,
  type Parameter,
  pathOf,
  requiredQuery,
  UNKNOWN_ID,
  Wire,
} from '../support/wire.js';

jest.setTimeout(120_000);

const codesOf = ({ responses }: Operation, status = '409') =>
  responses[status]?.content?.['application/problem+json']?.examples ?? {};
const matches = (template: string, path: string): boolean =>
  new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);

/** What every endpoint refuses, and how. */
describe('refusals', () => {
  let engine: FakeEngine;
  let product: Product;
  let wire: Wire;
  beforeAll(async () => {
    engine = await startFakeEngine();
    product = await Product.start({
      env: { DOCKER_HOST: engine.dockerHost, SWARMWARD_RATE_LIMIT_PER_MINUTE: '100000' },
    });
    wire = await Wire.of(product);
  }, 90_000);
  afterAll(async () => {
    await product?.stop();
    await engine?.close();
  });
  /** None of it is a failure of ours, whatever the answers said. */
  afterEach(() => expect(product.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]));

  const askEach = async (
    query: string,
    see: (answer: Awaited<ReturnType<Wire['ask']>>, endpoint: Wire['endpoints'][number]) => void,
  ): Promise<void> => {
    for (const endpoint of wire.endpoints) {
      see(await wire.ask(`${pathOf(endpoint)}${query}`, { method: endpoint.method }), endpoint);
    }
  };

  it('of an unknown query parameter lists the valid ones', async () => {
    await askEach('?nonsense=1', (answer, endpoint) => {
      expectProblem(answer, 400, 'validation_failed');
      // What is missing stands there as well.
      const { errors } = answer.body as { errors: { path: string; message: string }[] };
      const { message } = errors.find(({ path }) => path === 'nonsense')!;
      const known = endpoint.operation.parameters.filter((one) => one.in === 'query').map(({ name }) => name);
      const hint = known.length === 0 ? 'There is none here.' : `Valid: ${known.join(', ')}.`;
      expect(message).toBe(`Unknown query parameter. ${hint}`);
    });
  });

  it('of a parameter that is given twice, of NUL, of bytes that are no UTF-8', async () => {
    for (const endpoint of wire.endpoints) {
      for (const { name } of endpoint.operation.parameters.filter((one) => one.in === 'query')) {
        const ask = (query: string) => wire.ask(`${pathOf(endpoint)}?${query}`, { method: endpoint.method });
        const twice = await ask(`${name}=true&${name}=true`);
        expectProblem(twice, 400, 'validation_failed');
        const { errors } = twice.body as { errors: { path: string; message: string }[] };
        expect(errors.filter(({ path }) => path === name)).toMatchObject([
          { message: expect.not.stringMatching(/array/) },
        ]);
        expectProblem(await ask(`${name}=a%00b`), 400, 'invalid_character');
        for (const bytes of ['%ff', '%ED%A0%80', '%', '100%', '%zz']) {
          expectProblem(await ask(`${name}=${bytes}`), 400, 'malformed_url');
        }
      }
    }
    await askEach('?%00=1', (answer) => expectProblem(answer, 400, 'invalid_character'));
  });

  it('of a bad id', async () => {
    const one = wire.endpoints.filter(({ template }) => template.includes('{'));
    expect(one.length).toBeGreaterThan(2);
    for (const endpoint of one) {
      const body = exampleBody(endpoint);
      const ask = (id: string) =>
        wire.ask(`${pathOf(endpoint, id)}${requiredQuery(endpoint)}`, {
          method: endpoint.method,
          ...(body && { body }),
        });
      expectProblem(await ask('a%00'), 400, 'invalid_character');
      expectProblem(await ask('%zz'), 400, 'malformed_url');
      expectProblem(await ask('%ff'), 400, 'malformed_url');
      expectProblem(await ask('a'.repeat(250)), 400, 'validation_failed');
      expectProblem(await ask('a'.repeat(301)), 414, 'url_too_long');
      expectProblem(await ask(''), 404, 'route_not_found');
      const unknown = await ask(UNKNOWN_ID);
      expectProblem(unknown, 404);
      expectDocumentedProblem(endpoint, unknown);
      const [{ name, schema }] = endpoint.operation.parameters.filter((one) => one.in === 'path') as [Parameter];
      if (schema['format'] !== 'uuid') continue;
      for (const id of ['1', 'abc', `${UNKNOWN_ID}0`, `{${UNKNOWN_ID}}`, "'%3B--", '..%2f..%2fetc']) {
        const answer = await ask(id);
        expectProblem(answer, 400, 'validation_failed');
        expect(answer.body).toMatchObject({ errors: [{ path: name, message: 'Must be a UUID.' }] });
      }
    }
  });

  it('of a name that is taken already', async () => {
    const named = wire.endpoints.filter((endpoint) => {
      const { name } = exampleBody(endpoint) ?? {};
      return endpoint.method === 'POST' && name !== undefined && !endpoint.template.includes('{');
    });
    const taken = named.filter(({ operation }) => 'name_taken' in codesOf(operation));
    expect(taken.map(({ template }) => template)).toEqual([
      '/api/v1/alert-rules',
      '/api/v1/channels',
      '/api/v1/credentials',
      '/api/v1/groups',
      '/api/v1/notification-routes',
      '/api/v1/profiles',
      '/api/v1/sites',
      '/api/v1/templates',
    ]);
    // What the examples refer to.
    await wire.ask('/api/v1/sites', { method: 'POST', body: { name: 'Berlin' } });
    const config = { url: 'http://127.0.0.1:9/' };
    await wire.ask('/api/v1/channels', { method: 'POST', body: { name: 'ops-webhook', kind: 'webhook', config } });
    for (const endpoint of taken) {
      const name = 'one of them';
      const post = (more: Json = {}) =>
        wire.ask(endpoint.template, { method: 'POST', body: { ...exampleBody(endpoint), name, ...more } });
      // All at once: one of them makes it.
      const answers = await Promise.all(Array.from({ length: 4 }, () => post()));
      expect([endpoint.template, answers.map(({ status }) => status).sort()]).toEqual([
        endpoint.template,
        [201, 409, 409, 409],
      ]);
      for (const answer of answers.filter(({ status }) => status === 409)) expectProblem(answer, 409, 'name_taken');
      const other = ((await post({ name: 'another name' })).body as { data: { id: string } }).data.id;
      const rename = await wire.ask(`${endpoint.template}/${other}`, { method: 'PATCH', body: { name } });
      expectProblem(rename, 409, 'name_taken');
      const patched = wire.endpoints.find(
        (one) => one.method === 'PATCH' && one.template === `${endpoint.template}/{id}`,
      );
      expectDocumentedProblem(patched!, rename);
    }
  });

  it('of another method says which there are', async () => {
    const methods = new Map<string, string[]>();
    for (const { template, method } of wire.endpoints) {
      methods.set(template, [...(methods.get(template) ?? []), ...(method === 'GET' ? ['GET', 'HEAD'] : [method])]);
    }
    for (const endpoint of wire.endpoints) {
      const allowed = methods.get(endpoint.template)!.sort();
      // Where `/devices/export` has no method of its own, `/devices/{id}` is asked, and refuses the id.
      const alsoServed = [...methods].flatMap(([template, served]) =>
        !endpoint.template.includes('{') && matches(template, endpoint.template) ? served : [],
      );
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        if (allowed.includes(method) || alsoServed.includes(method)) continue;
        const answer = await wire.ask(pathOf(endpoint), { method });
        expect([nameOf(endpoint), method, answer.status]).toEqual([nameOf(endpoint), method, 405]);
        expectProblem(answer, 405, 'method_not_allowed');
        expect(answer.headers['allow']).toBe(allowed.join(', '));
      }
    }
    expectProblem(await wire.ask('/docs', { method: 'POST', body: {} }), 405, 'method_not_allowed');
  });

  it('of a path that is nearly right', async () => {
    for (const endpoint of wire.endpoints) {
      const path = pathOf(endpoint);
      for (const wrong of [
        `${path}/`,
        `/${path}`,
        path.replace('/', '//'),
        `${path}/a/b`,
        path.toUpperCase(),
        `/x/..${path}`,
      ]) {
        expectProblem(await wire.ask(wrong, { method: endpoint.method }), 404, 'route_not_found');
      }
    }
    for (const path of ['/', '/api', '/api/v1', '/.env', '/docs/nothing.js']) {
      expectProblem(await wire.ask(path), 404, 'route_not_found');
    }
    for (const path of ['/docs/../package.json', '/docs/%2e%2e/%2e%2e/package.json', '/docs/..%2f..%2fpackage.json']) {
      const answer = await wire.ask(path);
      expectProblem(answer);
      expect([400, 404]).toContain(answer.status);
    }
  });

  it('of what is too long', async () => {
    expectProblem(await wire.ask(`/api/v1/tokens?q=${'a'.repeat(8_000)}`), 400, 'validation_failed');
    expectProblem(await wire.ask(`/api/v1/tokens?q=${'a'.repeat(20_000)}`), 431, 'headers_too_large');
    expectProblem(
      await wire.ask('/api/v1/tokens', { headers: { 'x-big': 'a'.repeat(20_000) } }),
      431,
      'headers_too_large',
    );
    expectProblem(await wire.ask('/api/v1/tokens', { token: 'a'.repeat(600) }), 401, 'token_malformed');
  });

  describe('of bodies', () => {
    const post = (body: unknown, headers: Record<string, string> = {}, path = '/api/v1/tokens') =>
      wire.ask(path, { method: 'POST', body, headers });
    const nested = (depth: number) => `{"name":${'['.repeat(depth)}${']'.repeat(depth)},"role":"viewer"}`;

    it.each<[string, string, number, string]>([
      ['half an object', '{', 400, 'malformed_json'],
      ['text', 'name=x', 400, 'malformed_json'],
      ['a byte order mark', '\ufeff{}', 400, 'validation_failed'],
      ['NaN', '{"name":NaN}', 400, 'malformed_json'],
      ['a poisoned prototype', '{"__proto__":{"role":"admin"},"name":"x","role":"viewer"}', 400, 'malformed_json'],
      ['a poisoned constructor', '{"constructor":{"prototype":{}},"name":"x","role":"viewer"}', 400, 'malformed_json'],
      ['a NUL', '{"name":"a\\u0000b","role":"viewer"}', 400, 'invalid_character'],
      ['half a surrogate pair', '{"name":"a\\ud800b","role":"viewer"}', 400, 'invalid_character'],
      ['a NUL in a key', '{"a\\u0000":1}', 400, 'invalid_character'],
      ['one level too deep', nested(64), 400, 'malformed_json'],
      ['very deep', nested(200_000), 400, 'malformed_json'],
      ['over 1 MiB', JSON.stringify({ name: 'a'.repeat(1024 * 1024) }), 413, 'body_too_large'],
      ['a list', '[]', 400, 'validation_failed'],
      ['a number', '1', 400, 'validation_failed'],
      ['nothing', '', 400, 'validation_failed'],
      ['null', 'null', 400, 'validation_failed'],
    ])('%s', async (_name, body, status, code) => {
      expectProblem(await post(body, { 'content-type': 'application/json' }), status, code);
    });

    it('of another type or encoding', async () => {
      for (const type of [
        'text/plain',
        'application/xml',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
        'x',
        '',
      ]) {
        const answer = await post('{"name":"x","role":"viewer"}', { 'content-type': type });
        expectProblem(answer, 415, 'unsupported_media_type');
      }
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
      expectProblem(await post('{}', headers), 415, 'unsupported_media_type');
    });

    it('name every value that is wrong, in words for people', async () => {
      const answer = await post({ name: ' ', role: 'root', expires_at: 'tomorrow', extra: 1 });
      expectProblem(answer, 400, 'validation_failed');
      expect(answer.body).toMatchObject({
        detail: 'name: Must not be empty. (and 3 more, see `errors`)',
        errors: [
          { path: 'name', message: 'Must not be empty.' },
          { path: 'role', message: 'Must be one of: viewer, operator, admin.' },
          { path: 'expires_at', message: 'Must be an ISO-8601 time such as 2027-01-31T00:00:00Z.' },
          { path: 'extra', message: 'Unknown field. Valid: name, role, expires_at.' },
        ],
      });
      expect((await post({})).body).toMatchObject({
        errors: [
          { path: 'name', message: 'Is required.' },
          { path: 'role', message: 'Must be one of: viewer, operator, admin.' },
        ],
      });
    });

    it.each<[string, Json]>([
      ['name', { name: 1 }],
      ['name', { name: null }],
      ['name', { name: ['x'] }],
      ['name', { name: 'a'.repeat(101) }],
      ['role', { role: 1 }],
      ['role', { role: 'Admin' }],
      ['expires_at', { expires_at: 0 }],
      ['expires_at', { expires_at: '2020-01-01T00:00:00Z' }],
      ['expires_at', { expires_at: '2027-02-30T00:00:00Z' }],
      ['expires_at', { expires_at: '2027-01-01' }],
      ['expires_at', { expires_at: '0000-01-01T00:00:00Z' }],
      ['expires_at', { expires_at: '9999-12-31T23:59:59-10:00' }],
    ])('with a wrong %s: %j', async (path, wrong) => {
      const answer = await post({ name: 'x', role: 'viewer', ...wrong });
      expectProblem(answer, 400, 'validation_failed');
      expect(answer.body).toMatchObject({ errors: [{ path }] });
    });

    it('where none is taken', async () => {
      const path = '/api/v1/status/swarm/refresh';
      expectProblem(await post({ force: true }, {}, path), 400, 'validation_failed');
      expectProblem(await post('{', { 'content-type': 'application/json' }, path), 400, 'malformed_json');
      expectProblem(await post('x', { 'content-type': 'text/plain' }, path), 415, 'unsupported_media_type');
      for (const body of ['', '{}']) {
        expect(await post(body, { 'content-type': 'application/json' }, path)).toMatchObject({ status: 202 });
      }
    });
  });

  it('of times that no calendar or database has', async () => {
    for (const name of ['from', 'to']) {
      for (const time of [
        'yesterday',
        '2026',
        '2026-13-01T00:00:00Z',
        '2026-02-30T00:00:00Z',
        '0000-01-01T00:00:00Z',
        '1795218000',
      ]) {
        const answer = await wire.ask(`/api/v1/audit?${name}=${time}`);
        expectProblem(answer, 400, 'validation_failed');
        expect(answer.body).toMatchObject({ errors: [{ path: name }] });
      }
    }
  });

  it('use only codes that docs/errors.md explains', () => {
    const documented = new Set(
      [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code),
    );
    for (const { operation } of wire.endpoints) {
      for (const { content } of Object.values(operation.responses)) {
        for (const code of Object.keys(content?.['application/problem+json']?.examples ?? {})) {
          expect(documented).toContain(code);
        }
      }
    }
  });
});
