import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  ChannelDriver,
  ChannelKind,
  DeliveryOutcome,
} from '../../src/notifications/channels/channel-driver.port.js';
import { DiscordDriver } from '../../src/notifications/channels/drivers/discord.driver.js';
import { JsonPoster } from '../../src/notifications/channels/drivers/json-poster.driver.js';
import { PagerdutyDriver } from '../../src/notifications/channels/drivers/pagerduty.driver.js';
import { SlackDriver } from '../../src/notifications/channels/drivers/slack.driver.js';
import { TeamsDriver } from '../../src/notifications/channels/drivers/teams.driver.js';
import { TelegramDriver } from '../../src/notifications/channels/drivers/telegram.driver.js';
import { WebhookDriver } from '../../src/notifications/channels/drivers/webhook.driver.js';
import { OutboundClient } from '../../src/notifications/outbound/outbound.client.js';
import { outboundPolicy } from '../../src/notifications/outbound/outbound-guard.js';
import { manyAlerts, message } from '../support/message.js';

interface Heard {
  url: string;
  headers: Record<string, string>;
  raw: string;
  body: Record<string, unknown>;
}
interface Say {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Takes it and never answers. */
  hang?: boolean;
}

const TOKEN = '123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const KEY = 'k'.repeat(32);

// Real: sockets and HTTP. The receivers answer as theirs are documented to.
describe('channel drivers over HTTP', () => {
  const outbound = new OutboundClient(outboundPolicy({}, 'test'));
  const poster = new JsonPoster(outbound);
  let heard: Heard[];
  let say: (heard: Heard) => Say;
  let base: string;
  const server = createServer((request, response) => {
    let raw = '';
    request.on('data', (chunk) => (raw += chunk));
    request.on('end', () => {
      const one = { url: request.url!, headers: request.headers as Record<string, string>, raw, body: JSON.parse(raw) };
      heard.push(one);
      const { status = 200, headers = {}, body = '', hang = false } = say(one);
      if (!hang) response.writeHead(status, headers).end(body);
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    heard = [];
    say = () => ({});
  });
  afterAll(async () => {
    outbound.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const kinds: Record<
    Exclude<ChannelKind, 'email'>,
    { driver: ChannelDriver; config: () => Record<string, unknown>; secret: string }
  > = {
    webhook: {
      driver: new WebhookDriver(poster),
      config: () => ({
        url: `${base}/hook/long-secret-path`,
        secret: 'signing-key',
        headers: { Authorization: 'Bearer header-secret' },
      }),
      secret: 'header-secret',
    },
    slack: {
      driver: new SlackDriver(poster),
      config: () => ({ url: `${base}/services/T000/B000/slack-secret` }),
      secret: 'slack-secret',
    },
    discord: {
      driver: new DiscordDriver(poster),
      config: () => ({ url: `${base}/api/webhooks/1/discord-secret?thread_id=7` }),
      secret: 'discord-secret',
    },
    telegram: {
      driver: new TelegramDriver(poster),
      config: () => ({ bot_token: TOKEN, chat_id: '-100', base_url: base }),
      secret: TOKEN,
    },
    teams: {
      driver: new TeamsDriver(poster),
      config: () => ({ url: `${base}/workflows/1?sig=teams-secret` }),
      secret: 'teams-secret',
    },
    pagerduty: {
      driver: new PagerdutyDriver(poster),
      config: () => ({ routing_key: KEY, base_url: base }),
      secret: KEY,
    },
  };
  const send = (
    kind: keyof typeof kinds,
    what = message(),
    { config = {}, signal = AbortSignal.timeout(30_000) }: { config?: object; signal?: AbortSignal } = {},
  ): Promise<DeliveryOutcome> =>
    kinds[kind].driver.send(what, { id: 'c', name: 'ops', config: { ...kinds[kind].config(), ...config } }, signal);
  /** Its time is over as soon as a request has arrived that is not answered. */
  const hanging = (): { hang: () => Say; signal: AbortSignal } => {
    const limit = new AbortController();
    const hang = (): Say => {
      limit.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
      return { hang: true };
    };
    return { hang, signal: limit.signal };
  };

  describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s', (kind) => {
    const answered = (changes: object) => expect.objectContaining({ outcome: 'refused', ...changes });
    /** Each its own delivery: PagerDuty's driver remembers what arrived. */
    let count = 0;
    const fresh = () => message({ id: `0f8e2c5e-0c43-4e0b-8a3f-${String(++count).padStart(12, '0')}` });

    it('delivers', async () => {
      say = () => ({ status: kind === 'discord' ? 200 : 202, body: 'taken' });
      expect(await send(kind, fresh())).toMatchObject({ outcome: 'delivered' });
      expect(heard).toHaveLength(1);
      expect(heard[0]!.headers['content-type']).toBe('application/json');
    });

    it.each([
      [400, true],
      [401, false],
      [403, false],
      [404, false],
      [410, false],
      [413, true],
      [422, true],
      [301, true],
      [308, true],
      [408, false],
      [425, false],
      [429, false],
      [500, false],
      [503, false],
    ])('judges %i: for good is %s', async (status, permanent) => {
      say = () => ({ status, headers: { location: 'http://169.254.169.254/' } });
      expect(await send(kind, fresh())).toEqual(answered({ status, permanent }));
      expect(heard).toHaveLength(1);
    });

    it.each([502, 504])('does not know of a receiver for which a proxy answers %i', async (status) => {
      say = () => ({ status });
      const error = `A proxy answered ${status}: the receiver behind it may have got it.`;
      expect(await send(kind, fresh())).toEqual({ outcome: 'unknown', error });
    });

    it('waits as long as it is asked to', async () => {
      say = () => ({ status: 429, headers: { 'retry-after': '17' } });
      expect(await send(kind, fresh())).toEqual(answered({ retryAfterSeconds: 17 }));
    });

    it('does not know of a receiver that hangs', async () => {
      const { hang, signal } = hanging();
      say = hang;
      expect(await send(kind, fresh(), { signal })).toEqual({
        outcome: 'unknown',
        error: 'There was no answer in time.',
      });
    });

    it('keeps no secret of an answer that repeats it', async () => {
      say = (one) => ({
        status: 500,
        body: `Cannot POST ${one.url} ${JSON.stringify(one.headers)} ${one.raw.slice(0, 100)}`,
      });
      const outcome = JSON.stringify(await send(kind, fresh()));
      expect(outcome).toContain('Cannot POST');
      expect(outcome).not.toContain(kinds[kind].secret);
    });

    it('keeps no part of a secret that a cut leaves, nor half a character', async () => {
      const { secret } = kinds[kind];
      for (const length of [990, 64 * 1_024 - 9]) {
        say = () => ({
          status: 500,
          body: `${'é'.repeat(length / 2)}${secret}`.padEnd(length + secret.length + 1, '💥'),
        });
        const outcome = await send(kind, fresh());
        expect(JSON.stringify(outcome)).not.toContain(secret.slice(0, 8));
        expect((outcome as { response: string }).response.length).toBeLessThanOrEqual(1_000);
        expect((outcome as { response: string }).response.isWellFormed()).toBe(true);
      }
    });

    it('goes nowhere that is refused', async () => {
      const field = kind === 'telegram' || kind === 'pagerduty' ? 'base_url' : 'url';
      const outcome = await send(kind, fresh(), { config: { [field]: 'http://169.254.169.254' } });
      expect(outcome).toEqual(answered({ permanent: true, status: null, error: expect.stringContaining('metadata') }));
    });
  });

  it('webhook: signs what it sends, with its id as the idempotency key', async () => {
    await send('webhook');
    await send('webhook');
    const [{ headers, raw, body }] = heard as [Heard];
    expect(body).toEqual({ version: 1, status: 'firing', ...message() });
    expect(headers).toMatchObject({
      authorization: 'Bearer header-secret',
      'idempotency-key': message().id,
      'x-swarmward-delivery': message().id,
      'x-swarmward-event': 'firing',
    });
    const [, at, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['x-swarmward-signature']!)!;
    expect(mac).toBe(createHmac('sha256', 'signing-key').update(`${at}.${raw}`).digest('hex'));
    expect(Math.abs(Date.now() / 1_000 - Number(at))).toBeLessThan(60);
    expect(heard[1]!.headers['idempotency-key']).toBe(headers['idempotency-key']);
  });

  it('webhook: without a secret it signs nothing; headers of ours win', async () => {
    await send('webhook', message(), { config: { secret: undefined, headers: {} } });
    expect(heard[0]!.headers['x-swarmward-signature']).toBeUndefined();
  });

  it('webhook: speaks as an Alertmanager', async () => {
    await send('webhook', message(), { config: { format: 'alertmanager' } });
    expect(heard[0]!.body).toMatchObject({
      version: '4',
      receiver: 'ops',
      alerts: [{ labels: { alertname: 'Device down' } }],
    });
  });

  it('discord: waits until it is stored, and keeps the thread', async () => {
    await send('discord');
    expect(heard[0]!.url).toBe('/api/webhooks/1/discord-secret?thread_id=7&wait=true');
  });

  it.each([
    ['discord', '{"message":"You are being rate limited.","retry_after":0.65,"global":false}', 1],
    ['telegram', '{"ok":false,"error_code":429,"parameters":{"retry_after":5}}', 5],
  ] as const)('%s: waits as long as the body says', async (kind, body, retryAfterSeconds) => {
    say = () => ({ status: 429, body });
    expect(await send(kind)).toMatchObject({ outcome: 'refused', permanent: false, retryAfterSeconds });
  });

  it('telegram: writes to its chat by its token', async () => {
    await send('telegram', message(), { config: { thread_id: 3 } });
    expect(heard[0]).toMatchObject({
      url: `/bot${TOKEN}/sendMessage`,
      body: { chat_id: '-100', message_thread_id: 3, parse_mode: 'HTML' },
    });
  });

  describe('pagerduty', () => {
    const group = (id: string) => message({ id, alerts: manyAlerts(30) });

    it('has an event for each alert, and closes what it opened', async () => {
      const alerts = manyAlerts(3);
      await send('pagerduty', message({ id: 'opening', alerts }));
      await send(
        'pagerduty',
        message({
          id: 'resolve',
          kind: 'resolved',
          alerts: alerts.map((each) => ({ ...each, status: 'resolved' as const })),
        }),
      );
      const keys = (action: string) =>
        heard.filter(({ body }) => body['event_action'] === action).map(({ body }) => body['dedup_key']);
      expect(keys('trigger')).toHaveLength(3);
      expect(keys('resolve').sort()).toEqual(keys('trigger').sort());
      expect(heard[0]!.url).toBe('/v2/enqueue');
    });

    it('goes on where an attempt ended, and sends nothing twice', async () => {
      let left = 12;
      say = () => (left-- > 0 ? { status: 202 } : { status: 429, headers: { 'retry-after': '60' } });
      expect(await send('pagerduty', group('paced'))).toMatchObject({
        outcome: 'refused',
        permanent: false,
        partly: true,
        status: 429,
        retryAfterSeconds: 60,
        error: expect.stringContaining('12 of 30 events accepted'),
      });
      say = () => ({ status: 202 });
      expect(await send('pagerduty', group('paced'))).toMatchObject({
        outcome: 'delivered',
        response: '30 events accepted',
      });
      const keys = heard.map(({ body }) => body['dedup_key']);
      expect(new Set(keys).size).toBe(30);
      expect(heard.length).toBeLessThanOrEqual(34);
    });

    it('does not know when one of several hangs', async () => {
      let asked = 0;
      const { hang, signal } = hanging();
      say = () => (++asked === 6 ? hang() : { status: 202 });
      expect(await send('pagerduty', message({ id: 'hanging', alerts: manyAlerts(6) }), { signal })).toMatchObject({
        outcome: 'unknown',
      });
    });

    it('opens a test and closes it', async () => {
      await send('pagerduty', message({ id: 'test', kind: 'test', alerts: [] }));
      expect(heard.map(({ body }) => body['event_action'])).toEqual(['trigger', 'resolve']);
    });
  });
});
