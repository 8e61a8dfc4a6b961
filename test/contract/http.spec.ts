import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Body, Controller, Get, Module, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { z } from 'zod';
import { AccessControl } from '../../src/platform/http/access-control.port.js';
import { ApiEndpoint } from '../../src/platform/http/endpoint.decorator.js';
import { envelope } from '../../src/platform/http/envelope.js';
import { HotBody } from '../../src/platform/http/hot-body.js';
import { listPage } from '../../src/platform/http/list-page.js';
import { listQuery } from '../../src/platform/http/list-query.js';
import { ProblemException } from '../../src/platform/http/problem.js';
import { type HttpLab, startHttpLab } from '../support/http-lab.js';

// Real: Nest, Fastify, sockets. Replaced: access control, which lets everybody in here.
class Everybody extends AccessControl {
  override hookFor(): onRequestHookHandler {
    return (_request, _reply, done) => done();
  }
}

const item = z.strictObject({ id: z.string(), size: z.number() });
const items = Array.from({ length: 120 }, (_, index) => ({
  id: `item-${String(index).padStart(3, '0')}`,
  size: index,
}));
const itemsQuery = listQuery({
  item,
  sort: ['id', 'size'],
  defaultSort: 'id',
  search: 'the id',
  filters: { from: z.iso.datetime().optional() },
});
type ItemsQuery = z.output<typeof itemsQuery>;
const idParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
const thingBody = z.strictObject({ name: z.string().min(1).max(20), tags: z.array(z.string()).optional() });
const thing = z.strictObject({ name: z.string() });

const decoders: Record<string, (body: Buffer) => Buffer> = {
  gzip: (body) => gunzipSync(body),
  br: (body) => brotliDecompressSync(body),
  identity: (body) => body,
};

const failures: Record<string, () => unknown> = {
  unknown: () => new Error('password=hunter2 at /home/someone/secret.ts'),
  text: () => 'hunter2',
  refused: () => Object.assign(new Error('connect ECONNREFUSED 10.9.8.7:5432'), { code: 'ECONNREFUSED' }),
  shutdown: () => Object.assign(new Error('terminating connection'), { driverError: { code: '57P01' } }),
  queue: () => Object.assign(new Error('hunter2'), { name: 'QueueUnavailableError' }),
  conflict: () => new ProblemException('conflict'),
};

const common = { tag: 'Things', role: 'viewer', response: thing } as const;
const hot = new HotBody(() => ({ etagSeed: 'truth', body: JSON.stringify(envelope({ name: 'x'.repeat(5000) })) }));

@Controller('api/v1/things')
class ThingsController {
  @Get()
  @ApiEndpoint({ ...common, summary: 'List', query: itemsQuery, response: item, list: true })
  list(@Query() query: ItemsQuery) {
    const sort = { id: (each: { id: string }) => each.id, size: (each: { size: number }) => each.size };
    return listPage(items, query, {
      id: (each) => each.id,
      sort,
      search: (each) => [each.id],
      filters: { from: () => true },
    });
  }

  @Get('hot')
  @ApiEndpoint({ ...common, summary: 'Hot', direct: true })
  hot(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return hot.send(request, reply);
  }

  @Get('large')
  @ApiEndpoint({ ...common, summary: 'Large' })
  large() {
    return envelope({ name: 'y'.repeat(5000) });
  }

  @Get('failing/:how')
  @ApiEndpoint({ ...common, summary: 'Failing', params: z.strictObject({ how: z.string() }) })
  failing(@Param() { how }: { how: string }) {
    throw failures[how]!();
  }

  @Get(':id')
  @ApiEndpoint({ ...common, summary: 'One', params: idParams })
  one(@Param() { id }: { id: string }) {
    return envelope({ name: id });
  }

  @Post()
  @ApiEndpoint({ ...common, summary: 'Create', body: thingBody, status: 201 })
  create(@Body() body: { name: string }) {
    return envelope({ name: body.name });
  }

  @Post('work')
  @ApiEndpoint({ ...common, summary: 'Work', status: 202 })
  work() {
    return envelope({ name: 'job' });
  }
}

@Controller('health')
class ProbeController {
  @Get('live')
  @ApiEndpoint({
    tag: 'Health',
    role: 'public',
    summary: 'Live',
    bare: true,
    etag: false,
    response: z.strictObject({}),
  })
  live() {
    return {};
  }
}

@Module({
  controllers: [ThingsController, ProbeController],
  providers: [{ provide: AccessControl, useClass: Everybody }],
})
class ThingsModule {}

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

  describe('answers', () => {
    it('no body, and an empty object in its place, where none is taken', async () => {
      for (const ask of [{}, { body: {} }, { headers: { 'content-type': 'application/json' } }]) {
        expect(await lab.ask('/api/v1/things/work', { method: 'POST', ...ask })).toMatchObject({ status: 202 });
      }
    });

    it('a GET that has a body', async () => {
      expect(await lab.ask('/api/v1/things/large', { body: { x: 1 } })).toMatchObject({ status: 200 });
    });

    it.each(['/api/v1/things/large', '/api/v1/things/hot', '/api/v1/things', '/health/live'])(
      'HEAD %s',
      async (path) => {
        const [head, get] = [await lab.ask(path, { method: 'HEAD' }), await lab.ask(path)];
        expect(head.status).toBe(200);
        expect(head.raw).toHaveLength(0);
        expect(head.headers['content-length']).toBe(String(get.raw.length));
        expect(head.headers['etag']).toBe(get.headers['etag']);
      },
    );

    it('a POST without a body, with the content type of one', async () => {
      const headers = { 'content-type': 'application/json' };
      expect(await lab.ask('/api/v1/things/work', { method: 'POST', headers })).toMatchObject({ status: 202 });
    });

    it('pages until the end', async () => {
      const ids: string[] = [];
      let next: string | null = '';
      do {
        const { body } = await lab.ask(`/api/v1/things?limit=50&sort=-size${next && `&cursor=${next}`}`);
        const page = body as { data: { id: string }[]; page: { next_cursor: string | null; total: number } };
        ids.push(...page.data.map(({ id }) => id));
        expect(page.page.total).toBe(120);
        next = page.page.next_cursor;
      } while (next);
      expect(ids).toEqual(items.map(({ id }) => id).toReversed());
    });

    it('with the headers of helmet', async () => {
      const { headers } = await lab.ask('/api/v1/things/large');
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'self'"),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    });
  });

  describe('request id', () => {
    it('is taken when it may stand in a log line', async () => {
      const { headers } = await lab.ask('/api/v1/things/large', { headers: { 'x-request-id': 'abc.1:2-3' } });
      expect(headers['x-request-id']).toBe('abc.1:2-3');
    });

    it.each(['with spaces', 'x'.repeat(129), '<script>'])('is made when the given one is %j', async (id) => {
      const { headers } = await lab.ask('/api/v1/things/large', { headers: { 'x-request-id': id } });
      expect(headers['x-request-id']).toMatch(/^[\w-]{10,20}$/);
    });
  });

  describe.each(['/api/v1/things/large', '/api/v1/things/hot'])('caching and encoding of %s', (path) => {
    it('gives a weak ETag and 304 for it', async () => {
      const { headers } = await lab.ask(path);
      const etag = headers['etag'] as string;
      expect(etag).toMatch(/^W\/"[\w-]+"$/);
      expect(headers['cache-control']).toBe('private, no-cache');
      for (const tag of [etag, etag.slice(2), '*', `"x", ${etag}`]) {
        const again = await lab.ask(path, { headers: { 'if-none-match': tag } });
        expect(again).toMatchObject({
          status: 304,
          headers: { etag, 'cache-control': 'private, no-cache', vary: 'Accept-Encoding' },
        });
        expect(again.raw).toHaveLength(0);
      }
      expect((await lab.ask(path, { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
    });

    it.each<[string, string | undefined]>([
      ['gzip', 'gzip'],
      ['br', 'br'],
      ['gzip, deflate, br', 'br'],
      ['br;q=0, gzip', 'gzip'],
      ['gzip;q=0, br;q=0', undefined],
      ['identity', undefined],
      ['zstd', undefined],
    ])('to Accept-Encoding: %s', async (accepted, encoding) => {
      const answer = await lab.ask(path, { headers: { 'accept-encoding': accepted } });
      expect(answer.headers['content-encoding']).toBe(encoding);
      expect(answer.headers['vary']).toBe('Accept-Encoding');
      expect(answer.headers['content-length']).toBe(String(answer.raw.length));
      const plain = decoders[encoding ?? 'identity']!(answer.raw);
      expect(JSON.parse(plain.toString())).toHaveProperty('data.name.length', 5000);
    });
  });

  it('compresses only what is over 1 KiB', async () => {
    const headers = { 'accept-encoding': 'gzip' };
    const small = await lab.ask('/api/v1/things?limit=2', { headers });
    expect(small.headers).not.toHaveProperty('content-encoding');
  });

  it('tags neither probes nor errors nor writes', async () => {
    const answers = [
      await lab.ask('/health/live'),
      await lab.ask('/api/v1/nothing'),
      await lab.ask('/api/v1/things', { method: 'POST', body: { name: 'x' } }),
    ];
    for (const { headers } of answers) expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    for (const { headers } of answers) expect(headers).not.toHaveProperty('etag');
  });

  describe('request log', () => {
    beforeEach(() => {
      lab.logged.length = 0;
    });

    it('is silent about reads that go well', async () => {
      await lab.ask('/api/v1/things/hot');
      await lab.ask('/api/v1/things/large');
      expect(lab.logged).toEqual([]);
    });

    it('tells of writes and refusals, with their route', async () => {
      await lab.ask('/api/v1/things', { method: 'POST', body: { name: 'x' } });
      await lab.ask('/api/v1/things/17?secret=hunter2');
      expect(lab.logged).toMatchObject([
        {
          level: 'info',
          fields: { method: 'POST', route: '/api/v1/things', status: 201, duration_ms: expect.any(Number) },
        },
        { level: 'info', fields: { method: 'GET', route: '/api/v1/things/:id', status: 400 } },
      ]);
      expect(JSON.stringify(lab.logged)).not.toContain('hunter2');
    });
  });
});

describe('HTTP, configured otherwise', () => {
  it('warns of slow requests', async () => {
    const lab = await startHttpLab(ThingsModule, { slowRequestMs: 0 });
    await lab.ask('/api/v1/things/hot');
    expect(lab.logged).toMatchObject([{ level: 'warn', message: 'Slow request', fields: { status: 200 } }]);
    await lab.close();
  });

  it('lets only the configured origins in', async () => {
    const lab = await startHttpLab(ThingsModule, { corsOrigins: ['https://a.example'] });
    const allowed = async (origin: string) =>
      (await lab.ask('/api/v1/things/hot', { headers: { origin } })).headers['access-control-allow-origin'];
    expect(await allowed('https://a.example')).toBe('https://a.example');
    expect(await allowed('https://b.example')).not.toBe('https://b.example');
    const preflight = await lab.ask('/api/v1/things', {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    const { headers } = await lab.ask('/api/v1/things/hot', { headers: { origin: 'https://a.example' } });
    for (const name of ['ETag', 'X-Total-Count']) expect(headers['access-control-expose-headers']).toContain(name);
    await lab.close();
  });

  it('refuses to boot with a handler that does not say who may call it', async () => {
    @Controller('api/v1/open')
    class OpenController {
      @Get()
      all() {
        return {};
      }
    }
    @Module({ controllers: [OpenController], providers: [{ provide: AccessControl, useClass: Everybody }] })
    class OpenModule {}
    await expect(startHttpLab(OpenModule)).rejects.toThrow('GET /api/v1/open does not say who may call it.');
  });
});
