import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { DeliveryOutcome, Message } from '../../src/notifications/channels/channel-driver.port.js';
import { EmailDriver } from '../../src/notifications/channels/drivers/email.driver.js';
import { OutboundClient } from '../../src/notifications/outbound/outbound.client.js';
import { outboundPolicy } from '../../src/notifications/outbound/outbound-guard.js';
import { message, messageAlert } from '../support/message.js';
import { freePort } from '../support/product.js';
import { SocketServer } from '../support/probe-targets.js';

const refusal = (text: string, responseCode: number): Error => Object.assign(new Error(text), { responseCode });

// Real: an SMTP server on loopback, STARTTLS and AUTH included.
describe('the driver of mail', () => {
  const outbound = new OutboundClient(outboundPolicy({}, 'test'));
  const driver = new EmailDriver(outbound);
  let mails: { raw: string; to: string[]; from: string; secure: boolean; user: string | undefined }[];
  const closing: (() => Promise<unknown>)[] = [];
  beforeEach(() => (mails = []));
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => outbound.close());

  const serve = async (options: SMTPServerOptions = {}): Promise<number> => {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      closeTimeout: 50,
      onData(stream, session, done) {
        let raw = '';
        stream.on('data', (chunk) => (raw += chunk));
        stream.on('end', () => {
          const { envelope, secure, user } = session;
          const from = envelope.mailFrom ? envelope.mailFrom.address : '';
          mails.push({
            raw,
            from,
            to: envelope.rcptTo.map(({ address }) => address),
            secure: !!secure,
            user: user as string | undefined,
          });
          done(null, 'kept as 1');
        });
      },
      ...options,
    });
    server.on('error', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    return (server.server.address() as AddressInfo).port;
  };
  const send = (
    port: number,
    changes: object = {},
    what: Message = message(),
    signal = AbortSignal.timeout(30_000),
  ): Promise<DeliveryOutcome> =>
    driver.send(
      what,
      {
        id: 'c',
        name: 'mail',
        config: {
          host: '127.0.0.1',
          port,
          security: 'none',
          from: 'Swarmward <alerts@example.org>',
          to: ['ops@example.org', 'boss@example.org'],
          ...changes,
        },
      },
      signal,
    );
  const header = (raw: string, name: string): string | undefined =>
    new RegExp(`^${name}: (.*(?:\\r\\n[ \\t].*)*)`, 'im').exec(raw)?.[1]?.replace(/\r\n\s+/g, ' ');

  it('hands a mail over in text and HTML, to all', async () => {
    const port = await serve();
    expect(await send(port, { reply_to: 'noc@example.org' })).toMatchObject({
      outcome: 'delivered',
      status: 250,
      response: expect.stringContaining('kept as 1'),
    });
    const [{ raw, to, from }] = mails as [(typeof mails)[0]];
    expect([from, to]).toEqual(['alerts@example.org', ['ops@example.org', 'boss@example.org']]);
    expect(header(raw, 'Subject')).toBe('[FIRING] Device down: core-1 in Berlin');
    expect(header(raw, 'From')).toBe('Swarmward <alerts@example.org>');
    expect(header(raw, 'Reply-To')).toBe('noc@example.org');
    expect(header(raw, 'Auto-Submitted')).toBe('auto-generated');
    expect(raw).toContain('Content-Type: text/plain');
    expect(raw).toContain('Content-Type: text/html');
  });

  it('gives all attempts one Message-ID, and opening and resolve one thread', async () => {
    const port = await serve();
    await send(port);
    await send(port);
    await send(port, {}, message({ id: 'b', kind: 'resolved', alerts: [messageAlert({ status: 'resolved' })] }));
    const all = (name: string) => mails.map(({ raw }) => header(raw, name));
    const [first, again, resolved] = all('Message-ID');
    expect([first, first === again, first === resolved]).toEqual([`<${message().id}@example.org>`, true, false]);
    expect(new Set(all('References')).size).toBe(1);
    expect(all('In-Reply-To')[0]).toBeDefined();
  });

  it.each([
    ['STARTTLS', {}, 'starttls'],
    ['TLS from the start', { secure: true }, 'tls'],
  ])('speaks %s, and insists on a valid certificate unless told otherwise', async (_, options, security) => {
    const port = await serve({ disabledCommands: [], ...options });
    expect(await send(port, { security })).toMatchObject({
      outcome: 'refused',
      permanent: false,
      error: expect.stringMatching(/cert|self/i),
    });
    expect(await send(port, { security, verify_tls: false })).toMatchObject({ outcome: 'delivered' });
    expect(mails.map(({ secure }) => secure)).toEqual([true]);
  });

  it('sends nothing in the clear when STARTTLS is wanted and not offered', async () => {
    const port = await serve();
    expect(await send(port, { security: 'starttls' })).toMatchObject({
      outcome: 'refused',
      permanent: false,
      error: expect.stringMatching(/STARTTLS, on which `security` insists/),
    });
    expect(await send(port, { security: 'opportunistic' })).toMatchObject({ outcome: 'delivered' });
    expect(mails.map(({ secure }) => secure)).toEqual([false]);
  });

  describe('AUTH', () => {
    const onAuth: SMTPServerOptions['onAuth'] = ({ username, password }, _session, done) =>
      username === 'user' && password === 's3cret-password'
        ? done(null, { user: username })
        : done(new Error(`No ${password}`));
    const options: SMTPServerOptions = { authOptional: false, disabledCommands: [], onAuth };
    const account = { security: 'starttls', verify_tls: false, user: 'user' };

    it('logs in', async () => {
      const port = await serve(options);
      expect(await send(port, { ...account, password: 's3cret-password' })).toMatchObject({ outcome: 'delivered' });
      expect(mails.map(({ user }) => user)).toEqual(['user']);
    });

    it('is refused for a wrong password, and does not repeat it', async () => {
      const port = await serve(options);
      const outcome = await send(port, { ...account, password: 'wrong-password' });
      expect(outcome).toMatchObject({ outcome: 'refused', permanent: false, status: 535 });
      expect(JSON.stringify(outcome)).not.toContain('wrong-password');
    });
  });

  it.each([
    ['the sender', 'onMailFrom', 550, true],
    ['the sender for now', 'onMailFrom', 451, false],
    ['all recipients', 'onRcptTo', 550, true],
    ['all recipients for now', 'onRcptTo', 450, false],
  ] as const)('is refused %s', async (_, step, code, permanent) => {
    const port = await serve({
      [step]: (_address: object, _session: object, done: (error: Error) => void) => done(refusal('no', code)),
    });
    expect(await send(port)).toMatchObject({ outcome: 'refused', permanent, status: code });
    expect(mails).toEqual([]);
  });

  it.each([
    [552, true],
    [452, false],
  ])('is refused with %i after the message', async (code, permanent) => {
    const port = await serve({
      onData(stream, _session, done) {
        stream.resume().on('end', () => done(refusal('no', code)));
      },
    });
    expect(await send(port)).toMatchObject({ outcome: 'refused', permanent, status: code });
  });

  it('is delivered when some recipients are taken, and says who was not', async () => {
    const port = await serve({
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('boss') ? refusal('no', 550) : null),
    });
    expect(await send(port)).toMatchObject({
      outcome: 'delivered',
      response: expect.stringContaining('boss@example.org'),
    });
    expect(mails.map(({ to }) => to)).toEqual([['ops@example.org']]);
  });

  it('is tried again for those who are turned away for now, and for nobody else', async () => {
    let code: number | null = 450;
    const port = await serve({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('boss') && code ? refusal('later', code) : null),
    });
    const what = message({ id: 'greylisted' });
    const refused = { outcome: 'refused', permanent: false, partly: true, status: 450 };
    expect(await send(port, {}, what)).toMatchObject({
      ...refused,
      response: expect.stringContaining('boss@example.org'),
    });
    expect(await send(port, {}, what)).toMatchObject(refused);
    code = 421;
    expect(await send(port, { user: 'u', password: 'p' }, what)).toMatchObject({ outcome: 'refused', partly: true });
    code = null;
    expect(await send(port, {}, what)).toMatchObject({ outcome: 'delivered' });
    expect(mails.map(({ to }) => to)).toEqual([['ops@example.org'], ['boss@example.org']]);
    expect(new Set(mails.map(({ raw }) => header(raw, 'Message-ID'))).size).toBe(1);
    expect(new Set(mails.map(({ raw }) => header(raw, 'To'))).size).toBe(1);
  });

  it('is delivered when those who are left are turned away for good', async () => {
    let code = 450;
    const port = await serve({
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('boss') ? refusal('no', code) : null),
    });
    const what = message({ id: 'half' });
    expect(await send(port, {}, what)).toMatchObject({ outcome: 'refused' });
    code = 550;
    expect(await send(port, {}, what)).toMatchObject({
      outcome: 'delivered',
      response: expect.stringMatching(/not taken for boss@example\.org \(550 no/),
    });
  });

  it('does not know of a server that hangs or breaks off after the message', async () => {
    const limit = new AbortController();
    const hanging = await serve({ onData: (stream) => void stream.resume().on('end', () => limit.abort()) });
    expect(await send(hanging, {}, message(), limit.signal)).toEqual({
      outcome: 'unknown',
      error: 'There was no answer in time.',
    });
    const breaking = await SocketServer.start((socket) => {
      socket.write('220 x\r\n');
      socket.on('data', (chunk) => {
        const text = chunk.toString();
        if (text.startsWith('DATA')) socket.write('354 go on\r\n');
        else if (/^(EHLO|MAIL|RCPT)/.test(text)) socket.write('250 ok\r\n');
        else if (text.includes('\r\n.\r\n')) socket.destroy();
      });
    });
    closing.push(() => breaking.close());
    expect(await send(breaking.port)).toMatchObject({ outcome: 'unknown' });
  });

  it('was surely not taken by a server that hangs, breaks off or is gone before', async () => {
    const silent = await SocketServer.start();
    const leaving = await SocketServer.start((socket) => socket.end('220 x\r\n'));
    const full = await SocketServer.start((socket) => socket.end('421 too busy\r\n'));
    closing.push(
      () => silent.close(),
      () => leaving.close(),
      () => full.close(),
    );
    expect(await send(silent.port, {}, message(), AbortSignal.timeout(300))).toMatchObject({
      outcome: 'refused',
      permanent: false,
      error: 'There was no answer in time.',
    });
    expect(await send(leaving.port)).toMatchObject({ outcome: 'refused', permanent: false });
    expect(await send(full.port)).toMatchObject({ outcome: 'refused', permanent: false });
    expect(await send(await freePort())).toMatchObject({
      outcome: 'refused',
      permanent: false,
      error: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('goes nowhere that is refused', async () => {
    for (const host of ['169.254.169.254', '0xA9.0xFE.0xA9.0xFE', '::ffff:a9fe:a9fe', 'metadata.google.internal'])
      expect(await send(25, { host })).toMatchObject({
        outcome: 'refused',
        permanent: true,
        error: expect.stringContaining('metadata'),
      });
  });
});
