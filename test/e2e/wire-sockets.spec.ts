import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Product } from '../support/product.js';
import { Wire } from '../support/wire.js';

jest.setTimeout(120_000);

/** Clients that speak no HTTP, or only half of it. */
describe('bare sockets', () => {
  let product: Product;
  let wire: Wire;
  beforeAll(async () => {
    product = await Product.start();
    wire = await Wire.of(product);
  }, 90_000);
  afterAll(() => product?.stop());

  /** Writes pieces with a little time between them and reads until the server closes. */
  const speak = (...pieces: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      let heard = '';
      const socket = connect({ port: product.port, host: '127.0.0.1' }, () => {
        void (async () => {
          for (const piece of pieces) {
            if (socket.destroyed) return;
            socket.write(piece, 'latin1');
            await pause(20);
          }
        })();
      });
      socket.setTimeout(60_000, () => socket.destroy(new Error('Neither answered nor closed')));
      socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
      socket.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(heard) : reject(error),
      );
      socket.on('close', () => resolve(heard));
    });
  const expectRefusal = (heard: string, status: number, code: string): void => {
    const [head = '', body = ''] = heard.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const id = /^x-request-id: (.+)$/im.exec(head)?.[1];
    expect(JSON.parse(body)).toMatchObject({ status, code, request_id: id, detail: expect.any(String) });
    expect(id).toMatch(/^[\w-]+$/);
    expect(head).toMatch(/^content-type: application\/problem\+json/im);
    expect(head).toMatch(/^connection: close/im);
  };

  it.each([
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['words', 'hello there\r\n\r\n'],
    ['an unknown method', 'BREW /coffee HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a bad header', 'GET /health/live HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n'],
    ['a NUL in a header', 'GET /health/live HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n'],
    ['two lengths', 'POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a negative length', 'POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['another version', 'GET /health/live HTTP/9.9\r\nHost: x\r\n\r\n'],
  ])('%s', async (_name, bytes) => {
    expectRefusal(await speak(bytes), 400, 'malformed_request');
  });

  it('an expectation that nobody can meet', async () => {
    const heard = await speak('GET /health/live HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n');
    expectRefusal(heard, 417, 'expectation_failed');
  });

  it('headers without end', async () => {
    const lines = Array.from({ length: 40 }, (_, index) => `X-${index}: ${'a'.repeat(500)}\r\n`);
    expectRefusal(await speak('GET / HTTP/1.1\r\nHost: x\r\n', ...lines), 431, 'headers_too_large');
  });

  it('requests that stop half-way get a time-out, and many of them stop nobody else', async () => {
    const head = `POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'a'.repeat(30)}\r\n`;
    const slow = Array.from({ length: 100 }, () => speak('GET /api/v1/status/swarm HTTP/1.1\r\nHost: x\r\nX-Slow: '));
    const half = Array.from({ length: 20 }, () => speak(head));
    const asked = performance.now();
    for (let index = 0; index < 20; index++)
      expect(await wire.ask('/api/v1/status/swarm')).toMatchObject({ status: 200 });
    // Before the time-outs of the others would have made room.
    expect(performance.now() - asked).toBeLessThan(15_000);
    for (const heard of await Promise.all([...slow, ...half])) expectRefusal(heard, 408, 'request_timeout');
  }, 120_000);

  it('a client that hangs up while it is answered', async () => {
    for (let index = 0; index < 20; index++) {
      await new Promise<void>((resolve) => {
        const socket = connect(product.port, '127.0.0.1', () => {
          socket.write('GET /docs-json HTTP/1.1\r\nHost: x\r\n\r\n');
          socket.resetAndDestroy();
          resolve();
        });
      });
    }
    expect(await wire.ask('/api/v1/status/swarm')).toMatchObject({ status: 200 });
    expect(product.child.exitCode).toBeNull();
  });
});
