import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AddressResolver } from '../../src/probes/drivers/address-resolver.client.js';
import { HttpDriver } from '../../src/probes/drivers/http.driver.js';
import type { ProbeTarget } from '../../src/probes/drivers/probe-driver.port.js';
import { eventually } from '../support/eventually.js';
import { probeOptions, probeTarget, SocketServer } from '../support/probe-targets.js';

const driver = new HttpDriver(new AddressResolver());
const probe = async (changes: Partial<ProbeTarget>, raw = false) =>
  (await driver.probe([probeTarget({ timeoutMs: 9_000, ...changes })], probeOptions({ raw })))[0]!;

describe('HttpDriver', () => {
  let server: SocketServer;
  let requests: string[];
  let treat: (socket: Socket) => void;
  beforeAll(async () => {
    server = await SocketServer.start((socket) =>
      socket.once('data', (head: Buffer) => {
        requests.push(head.toString());
        treat(socket);
      }),
    );
  });
  beforeEach(() => {
    requests = [];
  });
  afterEach(async () => {
    await eventually(() => expect(server.open).toBe(0));
  });
  afterAll(() => server.close());
  const answer = (status: string, body = 'hello', headers = '') => {
    treat = (socket) =>
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`);
  };

  it.each([
    ['200 OK', null, 'ok'],
    ['302 Found', null, 'ok'],
    ['404 Not Found', null, 'failed'],
    ['503 Busy', null, 'failed'],
    ['401 Who', '200,401', 'ok'],
    ['301 Moved', '200-299', 'failed'],
  ])('%s with the rule %j: %s', async (status, expectedStatus, outcome) => {
    answer(status, 'x', 'Location: http://127.0.0.1:1/\r\n');
    const result = await probe({ url: server.url, expectedStatus });
    expect(result).toMatchObject({
      outcome,
      detail: { http_status: Number(status.slice(0, 3)), address: '127.0.0.1' },
    });
    expect(result.error).toBe(outcome === 'ok' ? null : 'status');
    expect(result.rtt === null).toBe(outcome === 'failed');
    expect(requests).toHaveLength(1);
  });

  it('asks as itself, for the name of the URL', async () => {
    answer('200 OK');
    await probe({ url: `http://localhost:${server.port}/health?full=1`, address: '10.255.255.1' });
    expect(requests[0]).toMatch(/^GET \/health\?full=1 HTTP\/1\.1\r\n/);
    expect(requests[0]).toMatch(new RegExp(`^host: localhost:${server.port}\r$`, 'im'));
    expect(requests[0]).toMatch(/^user-agent: Swarmward\r$/im);
  });

  it('looks for a text in the body', async () => {
    answer('200 OK', `${'x'.repeat(200_000)}all is well`);
    expect(await probe({ url: server.url, expectedBody: 'all is well' })).toMatchObject({ outcome: 'ok' });
    expect(await probe({ url: server.url, expectedBody: 'all is bad' })).toMatchObject({
      outcome: 'failed',
      error: 'body',
    });
  });

  it('reads no more than a MiB of it', async () => {
    answer('200 OK', `${'x'.repeat(3_000_000)}late`);
    const result = await probe({ url: server.url, expectedBody: 'late' });
    expect(result).toMatchObject({ outcome: 'failed', error: 'body' });
  });

  const drip = (begin: string, bytes: string) => (socket: Socket) => {
    socket.write(begin);
    const timer = setInterval(() => socket.write(bytes), 20);
    socket.once('close', () => clearInterval(timer));
  };
  it.each<[string, (socket: Socket) => void, string]>([
    ['says nothing', () => undefined, 'timeout'],
    ['drips its head', drip('HTTP/1.1 200 OK\r\nX-', 'y'), 'timeout'],
    ['drips its body', drip('HTTP/1.1 200 OK\r\n\r\n', 'y'), 'timeout'],
    ['sends interim answers for ever', drip('', 'HTTP/1.1 100 Continue\r\n\r\n'), 'timeout'],
    [
      'sends endless headers',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\n${'X-Y: z\r\n'.repeat(10_000)}`),
      'bad_answer',
    ],
    ['speaks something else', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), 'bad_answer'],
    ['sends bytes', (socket) => socket.end(Buffer.alloc(5_000, 0)), 'bad_answer'],
    ['closes', (socket) => socket.destroy(), 'reset'],
    ['closes in its head', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-'), 'reset'],
    ['resets', (socket) => socket.resetAndDestroy(), 'reset'],
    ['cuts its body', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'), 'reset'],
    [
      'breaks its chunks',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
      'bad_answer',
    ],
  ])('a server that %s fails: %s', async (_, how, error) => {
    treat = how;
    const startedAt = performance.now();
    const patience = error === 'timeout' ? { timeoutMs: 400 } : {};
    const result = await probe({ url: server.url, expectedBody: 'needle', ...patience });
    expect(result).toMatchObject({
      outcome: 'failed',
      error,
      rtt: null,
      received: 0,
      detail: { message: expect.any(String) },
    });
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });

  it('is content with a status when no text is asked for, however long the body takes', async () => {
    treat = drip('HTTP/1.1 200 OK\r\n\r\n', 'y');
    expect(await probe({ url: server.url })).toMatchObject({ outcome: 'ok' });
    expect(await probe({ url: server.url }, true)).toMatchObject({
      outcome: 'ok',
      raw: expect.stringContaining('HTTP/1.1 200 OK'),
    });
  });

  it('keeps the head and the begin of the body, without cookies', async () => {
    answer('500 Oops', `stack trace${'x'.repeat(10_000)}`, 'Set-Cookie: session=planted\r\nServer: old\r\n');
    const { raw } = await probe({ url: server.url }, true);
    expect(raw).toMatch(/^HTTP\/1\.1 500 Oops\n/);
    expect(raw).toContain('\nServer: old\n');
    expect(raw).toContain('\n\nstack trace');
    expect(raw).not.toContain('planted');
    expect(raw!.length).toBeLessThanOrEqual(4_096);
  });

  it.each([
    ['ftp://127.0.0.1/', null, 'bad_url'],
    ['not a url', null, 'bad_url'],
    ['http://127.0.0.1:1/', '2xx', 'bad_status_rule'],
  ])('does not guess what %j with the rule %j means', async (url, expectedStatus, error) => {
    expect(await probe({ url, expectedStatus })).toMatchObject({ outcome: 'unknown', error, sent: 0 });
  });
});

describe('HttpDriver and certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'swarmward-tls-'));
  const make = (name: string, days: string[]) => {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'];
    const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', [...how, '-keyout', key, '-out', cert, ...subject, ...days], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  };
  const servers: { close(): void; closeAllConnections(): void }[] = [];
  let asked = 0;
  const listen = async (certificate: { key: Buffer; cert: Buffer }) => {
    const server = createServer(certificate, (_, response) => {
      asked += 1;
      response.end('secure');
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    return `https://localhost:${(server.address() as AddressInfo).port}/`;
  };
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells when a certificate expires, also when it does not verify, and asks nothing of such a server', async () => {
    const url = await listen(make('self-signed', ['-days', '30']));
    const facts = { cert_expiry_days: expect.any(Number), cert_expires_at: expect.stringMatching(/^20\d\d-.*Z$/) };
    const strict = await probe({ url: url.replace('https://', 'https://user:secret@') });
    expect(strict).toMatchObject({
      outcome: 'failed',
      error: 'certificate',
      rtt: null,
      detail: { ...facts, http_status: null, message: 'The certificate is not valid: DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    expect(asked).toBe(0);
    const lax = await probe({ url, verifyTls: false, expectedBody: 'secure' });
    expect(lax).toMatchObject({ outcome: 'ok', detail: { ...facts, http_status: 200 } });
    expect(lax.detail!['cert_expiry_days']).toBeGreaterThanOrEqual(29);
    expect(JSON.stringify([strict, lax])).not.toContain('secret');
  });

  it('says that it is no TLS', async () => {
    const plain = await SocketServer.start((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n')),
    );
    const result = await probe({ url: plain.url.replace('http:', 'https:') });
    expect(result).toMatchObject({ outcome: 'failed', error: 'tls' });
    await plain.close();
  });

  it('keeps the time limit when a handshake hangs', async () => {
    const silent = await SocketServer.start();
    expect(await probe({ url: silent.url.replace('http:', 'https:'), timeoutMs: 400 })).toMatchObject({
      outcome: 'failed',
      error: 'timeout',
    });
    await silent.close();
  });
});
