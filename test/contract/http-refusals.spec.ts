import { type HttpLab, startHttpLab } from '../support/http-lab.js';
import { ThingsModule } from '../support/things-app.js';

describe('HTTP', () => {
  let lab: HttpLab;
  beforeAll(async () => {
    lab = await startHttpLab(ThingsModule);
  });
  afterAll(() => lab.close());

  describe('refuses', () => {
    const uuid = '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10';
    it.each<[string, string, Parameters<HttpLab['ask']>[1], number, string]>([
      ['malformed JSON', '/api/v1/things', { method: 'POST', body: '{"name":' }, 400, 'malformed_json'],
      [
        'JSON with a poisoned prototype',
        '/api/v1/things',
        { method: 'POST', body: '{"__proto__":{}}' },
        400,
        'malformed_json',
      ],
      ['no body', '/api/v1/things', { method: 'POST' }, 400, 'validation_failed'],
      ['a body that is no object', '/api/v1/things', { method: 'POST', body: '[]' }, 400, 'validation_failed'],
      ['a body that is null', '/api/v1/things', { method: 'POST', body: 'null' }, 400, 'validation_failed'],
      [
        'an unknown field',
        '/api/v1/things',
        { method: 'POST', body: { name: 'x', nope: 1 } },
        400,
        'validation_failed',
      ],
      [
        'a form',
        '/api/v1/things',
        { method: 'POST', body: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
        415,
        'unsupported_media_type',
      ],
      [
        'text',
        '/api/v1/things',
        { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } },
        415,
        'unsupported_media_type',
      ],
      [
        'a content type that is none',
        '/api/v1/things',
        { method: 'POST', body: 'x', headers: { 'content-type': '???' } },
        415,
        'unsupported_media_type',
      ],
      [
        'a compressed body',
        '/api/v1/things',
        { method: 'POST', body: 'x', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
        415,
        'unsupported_media_type',
      ],
      [
        'a body over 1 MiB',
        '/api/v1/things',
        { method: 'POST', body: { name: 'x'.repeat(1024 * 1024) } },
        413,
        'body_too_large',
      ],
      ['NUL in a body', '/api/v1/things', { method: 'POST', body: { name: 'a\0b' } }, 400, 'invalid_character'],
      [
        'NUL deep in a body',
        '/api/v1/things',
        { method: 'POST', body: { name: 'a', tags: ['\0'] } },
        400,
        'invalid_character',
      ],
      [
        'half a surrogate pair',
        '/api/v1/things',
        { method: 'POST', body: '{"name":"\\ud800"}' },
        400,
        'invalid_character',
      ],
      ['NUL in a query', '/api/v1/things?q=a%00b', {}, 400, 'invalid_character'],
      ['NUL in a path', '/api/v1/things/a%00b', {}, 400, 'invalid_character'],
      ['a path that is badly encoded', '/api/v1/things/%E0%A4%A', {}, 400, 'malformed_url'],
      ['a path that is no UTF-8', '/api/v1/things/%ff', {}, 400, 'malformed_url'],
      ['a bad UUID', '/api/v1/things/17', {}, 400, 'validation_failed'],
      ['a bad date', '/api/v1/things?from=yesterday', {}, 400, 'validation_failed'],
      ['an impossible date', '/api/v1/things?from=2026-02-30T00:00:00Z', {}, 400, 'validation_failed'],
      ['an unknown parameter', '/api/v1/things?nope=1', {}, 400, 'validation_failed'],
      ['a parameter where there is none', '/api/v1/things/large?x=1', {}, 400, 'validation_failed'],
      ['a parameter of a hot body', '/api/v1/things/hot?x=1', {}, 400, 'validation_failed'],
      ['a poisoned parameter', '/api/v1/things?__proto__=1', {}, 400, 'validation_failed'],
      ['a broken cursor', '/api/v1/things?cursor=nonsense', {}, 400, 'invalid_cursor'],
      ['a limit of 501', '/api/v1/things?limit=501', {}, 400, 'validation_failed'],
      ['an unknown path', '/api/v1/nothing', {}, 404, 'route_not_found'],
      ['an unknown path with a broken body', '/api/v1/nothing', { method: 'POST', body: '{' }, 404, 'route_not_found'],
      ['a doubled slash', '//api/v1/things', {}, 404, 'route_not_found'],
      ['a path that looks like a host', '//evil.example/api', {}, 404, 'route_not_found'],
      ['a method that is not there', `/api/v1/things/${uuid}`, { method: 'DELETE' }, 405, 'method_not_allowed'],
      ['a method that nobody knows', '/api/v1/things', { method: 'PROPFIND' }, 405, 'method_not_allowed'],
      ['a very long parameter', `/api/v1/things/${'a'.repeat(400)}`, {}, 414, 'url_too_long'],
    ])('%s', async (_, path, ask, status, code) => {
      const answer = await lab.ask(path, ask);
      const { errors, ...problem } = answer.body as Record<string, unknown>;
      expect(Array.isArray(errors)).toBe(code === 'validation_failed');
      expect(problem).toEqual({
        type: `urn:swarmward:problem:${code}`,
        title: expect.any(String),
        status,
        detail: expect.any(String),
        code,
        request_id: answer.headers['x-request-id'],
      });
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/problem+json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
    });

    it.each([
      ['a body over 1 MiB', 'application/json', 'body_too_large'],
      ['a body of another type', 'text/plain', 'unsupported_media_type'],
    ])('%s, and lets in the rest of it, so that who still sends hears the answer', async (_, type, code) => {
      const bytes = 12 * 1024 * 1024;
      const head = `POST /api/v1/things HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${bytes}\r\n\r\n`;
      const next = 'GET /api/v1/things HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
      const answers = await lab.speak(`${head}${'x'.repeat(bytes)}${next}`);
      expect(answers).toContain(code);
      expect(answers).toContain('HTTP/1.1 200 OK');
    });

    it.each(['{"x":1}', '[]', '0', 'false', '""', 'null'])('the body %s where none is taken', async (body) => {
      expect(await lab.ask('/api/v1/things/work', { method: 'POST', body })).toMatchObject({
        status: 400,
        body: { code: 'validation_failed', detail: 'This endpoint takes no body.' },
      });
    });

    it('says which parameters, fields and sort keys there are', async () => {
      const refusal = async (path: string) => JSON.stringify((await lab.ask(`/api/v1/things${path}`)).body);
      expect(await refusal('?nope=1')).toContain('Valid: limit, cursor, sort, q, fields, from.');
      expect(await refusal('?fields=nope')).toContain('Valid: id, size.');
      expect(await refusal('?sort=nope')).toContain('id, -id, size, -size');
      expect(await refusal('/large?nope=1')).toContain('There is none here.');
    });

    it('names every invalid value', async () => {
      const { body } = await lab.ask('/api/v1/things', { method: 'POST', body: { name: '', tags: ['a', 7] } });
      expect((body as { errors: { path: string }[] }).errors.map(({ path }) => path)).toEqual(['name', 'tags.1']);
    });

    it('lists the methods of a path in Allow', async () => {
      const { headers } = await lab.ask('/api/v1/things', { method: 'PUT' });
      expect(headers['allow']).toBe('GET, HEAD, POST');
    });
  });

  describe('what is no HTTP', () => {
    it.each([
      ['nonsense', 'NONSENSE\r\n\r\n', 400, 'malformed_request'],
      [
        'headers over 16 KiB',
        `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
        431,
        'headers_too_large',
      ],
      [
        'two lengths',
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
        400,
        'malformed_request',
      ],
      ['a header with a control character', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\x01b\r\n\r\n', 400, 'malformed_request'],
    ])('%s is refused with a problem', async (_, bytes, status, code) => {
      const heard = await lab.speak(bytes);
      expect(heard).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(heard).toContain('Content-Type: application/problem+json');
      expect(heard).toContain(`"code":"${code}"`);
    });
  });

  describe('an unexpected error', () => {
    it.each([
      ['unknown', 500, 'internal_error'],
      ['text', 500, 'internal_error'],
      ['refused', 503, 'database_unavailable'],
      ['shutdown', 503, 'database_unavailable'],
      ['queue', 503, 'queue_unavailable'],
      ['conflict', 409, 'conflict'],
    ])('%s becomes %d %s and tells nothing of itself', async (how, status, code) => {
      lab.logged.length = 0;
      const answer = await lab.ask(`/api/v1/things/failing/${how}`);
      expect(answer).toMatchObject({ status, body: { code } });
      expect(answer.raw.toString()).not.toMatch(/hunter2|secret|10\.9\.8\.7|terminating|stack/);
      expect(answer.headers['retry-after']).toBe(status === 503 ? '2' : undefined);
      expect(lab.logged).toHaveLength(1);
      const [line] = lab.logged;
      expect(line).toMatchObject({
        level: { 409: 'info', 500: 'error', 503: 'warn' }[status],
        fields: { request_id: answer.headers['x-request-id'], status, route: '/api/v1/things/failing/:how' },
      });
      // The stack of a mistake of ours, the sentence of an outage.
      expect(['err' in line!.fields, 'reason' in line!.fields]).toEqual([status === 500, status === 503]);
    });
  });
});
