import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Controller, Get, Module } from '@nestjs/common';
import { AccessControl } from '../../src/platform/http/access-control.port.js';
import { Everybody } from '../support/everybody.js';
import { type HttpLab, startHttpLab } from '../support/http-lab.js';
import { items, ThingsModule } from '../support/things-app.js';

const decoders: Record<string, (body: Buffer) => Buffer> = {
  gzip: (body) => gunzipSync(body),
  br: (body) => brotliDecompressSync(body),
  identity: (body) => body,
};

describe('HTTP', () => {
  let lab: HttpLab;
  beforeAll(async () => {
    lab = await startHttpLab(ThingsModule);
  });
  afterAll(() => lab.close());

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
