import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutboundClient } from '../../src/notifications/outbound/outbound.client.js';
import { type OutboundPolicy, outboundPolicy } from '../../src/notifications/outbound/outbound-guard.js';
import { type NameLookup, systemLookup } from '../../src/notifications/outbound/name-lookup.driver.js';
import { eventually } from '../support/eventually.js';
import { SocketServer, StuckPort } from '../support/probe-targets.js';

type Treat = (request: IncomingMessage, response: ServerResponse, body: string) => void;

// Real: sockets, HTTP, TLS, the resolver of the system. Where a name server has to say different things, its answers are given by hand.
describe('outbound requests', () => {
  const closing: (() => unknown)[] = [];
  let heard: { method: string; url: string; headers: IncomingMessage['headers']; body: string; from: number }[];
  beforeEach(() => (heard = []));
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  const client = (policy: OutboundPolicy = outboundPolicy({}, 'test'), ask: NameLookup = systemLookup()) => {
    const made = new OutboundClient(policy, ask);
    closing.push(() => made.close());
    return made;
  };
  const serve = async (treat: Treat, server: Server = createServer()): Promise<number> => {
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        heard.push({ method: method!, url: url!, headers, body, from: request.socket.remotePort! });
        treat(request, response, body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  };
  const ok: Treat = (_, response) => response.end('thanks');
  const post = (to: OutboundClient, url: string, signal = AbortSignal.timeout(40_000)) =>
    to.send({ method: 'POST', url, body: '{"ä":1}', headers: { 'content-type': 'application/json' } }, signal);
  /** A name server that says something else each time. */
  const answers = (...all: string[][]): NameLookup & { asked: number } => {
    const ask = async () => {
      const addresses = all[Math.min(ask.asked++, all.length - 1)]!;
      return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    };
    ask.asked = 0;
    return ask;
  };

  it('send a body with its length in bytes and answer with what was said', async () => {
    const port = await serve((_, response) => response.writeHead(202, { 'retry-after': '7' }).end('taken'));
    expect(await post(client(), `http://127.0.0.1:${port}/a?b=c`)).toEqual({
      kind: 'answered',
      status: 202,
      retryAfter: '7',
      body: 'taken',
    });
    expect(heard).toMatchObject([
      { method: 'POST', url: '/a?b=c', body: '{"ä":1}', headers: { 'content-length': '8' } },
    ]);
    expect(heard[0]!.headers.host).toBe(`127.0.0.1:${port}`);
  });

  it('take one connection for one receiver after the other', async () => {
    const port = await serve(ok);
    const to = client();
    for (let n = 0; n < 5; n++) await post(to, `http://127.0.0.1:${port}/`);
    expect(heard).toHaveLength(5);
    expect(new Set(heard.map(({ from }) => from)).size).toBe(1);
  });

  it('keep the name in Host, whatever address it means', async () => {
    const port = await serve(ok);
    expect(await post(client(undefined, answers(['127.0.0.1'])), `http://hook.example.org:${port}/`)).toMatchObject({
      status: 200,
    });
    expect(heard[0]!.headers.host).toBe(`hook.example.org:${port}`);
  });

  it('verify certificates for the name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'swarmward-tls-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        key,
        '-out',
        cert,
        '-days',
        '2',
        '-subj',
        '/CN=hook.example.org',
      ],
      { stdio: 'ignore' },
    );
    const port = await serve(ok, createHttpsServer({ key: readFileSync(key), cert: readFileSync(cert) }));
    const answer = await post(client(undefined, answers(['127.0.0.1'])), `https://hook.example.org:${port}/`);
    expect(answer).toMatchObject({ kind: 'refused', permanent: false, error: expect.stringContaining('self') });
    expect(heard).toEqual([]);
  });

  describe('are refused', () => {
    it.each([
      ['a literal', 'http://169.254.169.254/'],
      ['a number', 'http://2852039166/'],
      ['a mapped literal', 'http://[::ffff:a9fe:a9fe]/'],
      ['the name of a metadata service', 'http://metadata.google.internal/'],
      ['another scheme', 'file:///etc/passwd'],
      ['a user in the URL', 'http://user:password@127.0.0.1/'],
    ])('for %s', async (_, url) => {
      expect(await post(client(), url)).toMatchObject({ kind: 'refused', permanent: true });
    });

    it('for a name that means such an address, also as one of several, also mapped', async () => {
      for (const addresses of [['169.254.169.254'], ['127.0.0.1', 'fe80::1'], ['::ffff:169.254.169.254']]) {
        expect(await post(client(undefined, answers(addresses)), 'http://innocent.example.org/')).toMatchObject({
          kind: 'refused',
          permanent: true,
          error: expect.stringContaining('innocent.example.org means'),
        });
      }
    });

    it('when the name means another address at a second look-up, and only then', async () => {
      // The receiver closes each connection, so that every request looks the name up.
      const port = await serve((_, response) => response.setHeader('connection', 'close').end());
      const ask = answers(['127.0.0.1'], ['169.254.169.254']);
      const to = client(undefined, ask);
      expect(await post(to, `http://rebinding.example.org:${port}/`)).toMatchObject({ status: 200 });
      expect(ask.asked).toBe(1);
      expect(await post(to, `http://rebinding.example.org:${port}/`)).toMatchObject({
        kind: 'refused',
        permanent: true,
      });
      expect([ask.asked, heard.length]).toEqual([2, 1]);
    });

    it('for redirects, which are not followed', async () => {
      const port = await serve((_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end());
      expect(await post(client(), `http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'answered', status: 302 });
      expect(heard).toHaveLength(1);
    });

    it('for private addresses in production, by literal and by name, unless they are allowed', async () => {
      const port = await serve(ok);
      const production = outboundPolicy({}, 'production');
      expect(await post(client(production), `http://127.0.0.1:${port}/`)).toMatchObject({
        kind: 'refused',
        permanent: true,
      });
      expect(await post(client(production), `http://localhost:${port}/`)).toMatchObject({
        kind: 'refused',
        permanent: true,
      });
      expect(await post(client(production, answers(['127.0.0.1'])), `http://hook.example.org:${port}/`)).toMatchObject({
        kind: 'refused',
        permanent: true,
      });
      expect(heard).toEqual([]);
      const allowed = outboundPolicy({ outboundAllow: ['127.0.0.1/32'] }, 'production');
      expect(await post(client(allowed), `http://127.0.0.1:${port}/`)).toMatchObject({ status: 200 });
    });

    it('over connections of other protocols as well', async () => {
      const never = AbortSignal.timeout(40_000);
      for (const host of [
        '169.254.169.254',
        '0xA9.0xFE.0xA9.0xFE',
        '2852039166',
        'innocent.example.org',
        '::ffff:a9fe:a9fe',
      ])
        await expect(client(undefined, answers(['169.254.169.254'])).connect(host, 25, never)).rejects.toThrow(
          'metadata service',
        );
    });
  });

  describe('look names up', () => {
    const ADDRESS = [{ address: '127.0.0.1', family: 4 }];
    let asked: string[];
    let underWay: Map<string, (error?: Error) => void>;
    /** `dead…` hang until they are let go. */
    const ask: NameLookup = (name) => {
      asked.push(name);
      if (!name.startsWith('dead')) return Promise.resolve(ADDRESS);
      return new Promise((resolve, reject) => {
        underWay.set(name, (error) => (error ? reject(error) : resolve(ADDRESS)));
      });
    };
    const NO_ANSWER = /did not answer for \w+ in time/;
    beforeEach(() => {
      asked = [];
      underWay = new Map();
    });

    it('so that those that hang hold up no other, and have one look-up each', async () => {
      const lookUp = systemLookup(ask, { slow: 20, limit: 60, rest: 0 });
      await lookUp('known');
      const dead = ['dead1', 'dead2', 'dead1'].map((name) => expect(lookUp(name)).rejects.toThrow(NO_ANSWER));
      expect(await lookUp('known')).toEqual(ADDRESS);
      await Promise.all(dead);
      await expect(lookUp('dead2')).rejects.toThrow(NO_ANSWER);
      expect(asked).toEqual(['known', 'dead1', 'dead2']);
      for (const letGo of underWay.values()) letGo(new Error('getaddrinfo EAI_AGAIN'));
      await eventually(() => expect(asked).toEqual(['known', 'dead1', 'dead2', 'known']));
      // They were slow: from now on they share a place.
      const again = ['dead1', 'dead2'].map((name) => expect(lookUp(name)).rejects.toThrow(NO_ANSWER));
      expect(await lookUp('new')).toEqual(ADDRESS);
      await Promise.all(again);
      expect(asked.slice(4)).toEqual(['dead1', 'new']);
    });

    it('and do not ask again at once what was slow to fail; a late answer is for the next', async () => {
      const lookUp = systemLookup(ask, { slow: 20, limit: 40, rest: 60_000 });
      await expect(lookUp('dead1')).rejects.toThrow(NO_ANSWER);
      await expect(lookUp('dead2')).rejects.toThrow(NO_ANSWER);
      underWay.get('dead1')!(new Error('getaddrinfo EAI_AGAIN'));
      underWay.get('dead2')!();
      await eventually(async () => expect(await lookUp('dead2')).toEqual(ADDRESS));
      await expect(lookUp('dead1')).rejects.toThrow(NO_ANSWER);
      expect(asked.filter((name) => name === 'dead1')).toEqual(['dead1']);
    });

    it.each([0, 1, 2, 3, 4])(
      'two at a time, also when one asks as a place gets free, %i turns later',
      async (turns) => {
        const lookUp = systemLookup(ask);
        const all = ['dead1', 'dead2', 'dead3'].map(lookUp);
        await new Promise(setImmediate);
        underWay.get('dead1')!();
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        all.push(lookUp('dead4'));
        await new Promise(setImmediate);
        expect(asked).toEqual(['dead1', 'dead2', 'dead3']);
        for (const name of ['dead2', 'dead3']) underWay.get(name)!();
        await eventually(() => underWay.get('dead4')!());
        await Promise.all(all);
      },
    );
  });

  describe('tell what is surely not delivered from what may be', () => {
    it('a name that does not resolve was not delivered', async () => {
      expect(await post(client(), 'http://no-such-name.invalid/')).toMatchObject({
        kind: 'refused',
        permanent: false,
        error: expect.stringContaining('no-such-name.invalid'),
      });
    });

    it('a closed port was not', async () => {
      const server = await SocketServer.start();
      await server.close();
      expect(await post(client(), server.url)).toMatchObject({
        kind: 'refused',
        permanent: false,
        error: expect.stringContaining('ECONNREFUSED'),
      });
    });

    it('a port that answers no SYN was not', async () => {
      const stuck = await StuckPort.start();
      closing.push(() => stuck.close());
      expect(await post(client(), `http://127.0.0.1:${stuck.port}/`, AbortSignal.timeout(500))).toEqual({
        kind: 'refused',
        permanent: false,
        error: 'There was no answer in time.',
      });
    });

    it.each<[string, (socket: Socket) => void, number?]>([
      ['hangs', () => undefined, 1_500],
      ['resets the connection', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
      ['ends the connection', (socket: Socket) => socket.once('data', () => socket.end())],
      ['speaks no HTTP', (socket: Socket) => socket.once('data', () => socket.end('220 smtp\r\n'))],
      [
        'switches protocols',
        (socket: Socket) =>
          socket.once('data', () =>
            socket.write('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
          ),
      ],
    ])('a receiver that takes it and %s may have it', async (_, treat, limitMs = 40_000) => {
      const server = await SocketServer.start(treat);
      closing.push(() => server.close());
      const answer = await post(client(), server.url, AbortSignal.timeout(limitMs));
      expect(answer).toMatchObject({ kind: 'unknown' });
    });

    it('a receiver that resets a connection that was open before may have it', async () => {
      let requests = 0;
      const server = await SocketServer.start((socket) => {
        socket.on('data', () => {
          if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
          else socket.resetAndDestroy();
        });
      });
      closing.push(() => server.close());
      const to = client();
      expect(await post(to, server.url)).toMatchObject({ status: 200 });
      expect(await post(to, server.url)).toMatchObject({ kind: 'unknown' });
      expect(requests).toBe(2);
    });

    it('a status is an answer, though its body never ends, is cut, or is endless', async () => {
      const hanging = await serve((_, response) => void response.writeHead(200).write('begun'));
      expect(await post(client(), `http://127.0.0.1:${hanging}/`, AbortSignal.timeout(1_500))).toMatchObject({
        kind: 'answered',
        status: 200,
        body: 'begun',
      });
      const cut = await serve((_, response) => {
        response.writeHead(500, { 'content-length': '100' }).write('half');
        setImmediate(() => response.destroy());
      });
      expect(await post(client(), `http://127.0.0.1:${cut}/`)).toMatchObject({ kind: 'answered', status: 500 });
      const endless = await serve((_, response) => {
        const write = (): void =>
          void (response.writable && response.write('x'.repeat(16_384), () => setImmediate(write)));
        write();
      });
      const answer = await post(client(), `http://127.0.0.1:${endless}/`);
      expect(answer).toMatchObject({ kind: 'answered', status: 200, body: 'x'.repeat(64 * 1_024) });
    });

    it('what had no time left was not sent', async () => {
      const port = await serve(ok);
      expect(await post(client(), `http://127.0.0.1:${port}/`, AbortSignal.abort())).toMatchObject({ kind: 'refused' });
      expect(heard).toEqual([]);
    });
  });
});
