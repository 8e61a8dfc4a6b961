import type { AlertDto } from '../../src/alerts/ledger/alerts.dto.js';
import type { DeliveryDto } from '../../src/notifications/deliveries/deliveries.dto.js';
import { DeadNetwork, missingNetns } from '../support/dead-network.js';
import { DeviceLab } from '../support/device-lab.js';
import { eventually } from '../support/eventually.js';
import { FakeFpings, missingFping } from '../support/fake-fping.js';
import { MailReceiver, mailHeader } from '../support/mail-receiver.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { databaseUrl, Product } from '../support/product.js';
import { describeWith } from '../support/requires.js';
import { TcpService } from '../support/tcp-service.js';
import { isSigned, noticeOf, type WebhookRequest, WebhookReceiver } from '../support/webhook-receiver.js';

jest.setTimeout(120_000);

const ICMP_ADDRESS = '10.99.0.7';
const SECRET = 'known to both';
/** Of the acceptance: from the hard state to the receiver. */
const TOLD_WITHIN_MS = 10_000;
const SLOW = { timeoutMs: 60_000 };
/** Each a TCP device with a route to a channel of its own, which has the same name. */
const FAULTY = ['busy', 'stuck', 'slow', 'gone'] as const;
const KILLED = ['waiting', 'sending', 'refused'] as const;
/** TCP devices that share a channel with reminders. */
const HANDLED = ['acked', 'silenced', 'quiet', 'control'] as const;
/** Its receiver is not there at times. */
const ABSENT = ['gone', 'refused'] as readonly string[];

/** The built product with its default waits; TCP and ICMP, webhooks and mail are real, and so are the deaths. */
describeWith('devices that die and return', missingFping() ?? missingNetns(), () => {
  const fpings = new FakeFpings();
  const services = new Map<string, TcpService>();
  const idOf = new Map<string, string>();
  let network: DeadNetwork;
  let postgres: TestPostgres;
  let database: Awaited<ReturnType<TestPostgres['createEmptyDatabase']>>;
  let receiver: WebhookReceiver;
  let absent: WebhookReceiver;
  let mailbox: MailReceiver;
  let product: Product;
  let lab: DeviceLab;

  beforeAll(async () => {
    network = DeadNetwork.create();
    network.switch(ICMP_ADDRESS, true);
    [postgres, receiver, absent, mailbox] = await Promise.all([
      startTestPostgres(),
      WebhookReceiver.start(),
      WebhookReceiver.start(),
      MailReceiver.start(),
    ]);
    for (const name of ['tcp', 'patient', ...FAULTY, ...KILLED, ...HANDLED])
      services.set(name, await TcpService.start(`127.0.5.${services.size + 1}`));
    database = await postgres.createEmptyDatabase();
    await start();
    await configure();
    await eventually(async () => expect(await lab.tally()).toEqual({ up: services.size + 1 }), { timeoutMs: 20_000 });
    // Takes as long to be called down as the default rule waits; the others die meanwhile.
    await services.get('patient')!.die();
  });
  afterAll(async () => {
    await product?.stop();
    await Promise.all([receiver?.shut(), absent?.shut(), mailbox?.stop()]);
    await Promise.all([...services.values()].map((service) => service.die()));
    await postgres?.stop();
    network?.remove();
    fpings.remove();
  });

  async function start(): Promise<void> {
    product = await Product.start({
      env: {
        DATABASE_URL: databaseUrl(database),
        SWARMWARD_SECRETS_KEY: 'a-secrets-key-of-32-characters-or-more',
        SWARMWARD_FPING_PATH: fpings.script(network.fping),
        SWARMWARD_CANARIES: '127.0.0.1',
        SWARMWARD_NOTIFY_TIMEOUT_SECONDS: '3',
        SWARMWARD_NOTIFY_BACKOFF_SECONDS: '1',
      },
    });
    lab = new DeviceLab(product);
  }

  async function configure(): Promise<void> {
    const fast = { packets: 1, timeout_ms: 300, up_after: 1 };
    await lab.create('/api/v1/profiles', { ...fast, name: 'fast', ping_interval_seconds: 1, down_after: 2 });
    await lab.create('/api/v1/profiles', { ...fast, name: 'patient', ping_interval_seconds: 10, down_after: 7 });
    const imported = await lab.import([
      { name: 'icmp', ip: ICMP_ADDRESS, profile: 'fast', tags: ['fast'] },
      ...[...services].map(([name, { ip, port }]) => ({
        name,
        ip,
        check_kind: 'tcp',
        port,
        profile: name === 'patient' ? 'patient' : 'fast',
        tags: name === 'patient' ? [] : ['fast', HANDLED.some((each) => each === name) ? 'handled' : name],
      })),
    ]);
    for (const { name, id } of imported.rows) idOf.set(name!, id!);
    const webhook = (name: string, config: object = {}, isDefault = false) =>
      lab.create('/api/v1/channels', {
        name,
        kind: 'webhook',
        config: { url: (ABSENT.includes(name) ? absent : receiver).url(`/${name}`), ...config },
        is_default: isDefault,
      });
    await webhook('hook', { secret: SECRET }, true);
    await webhook('prometheus', { format: 'alertmanager' }, true);
    const mail = {
      host: '127.0.0.1',
      port: mailbox.port,
      security: 'none',
      from: 'a@example.org',
      to: ['b@example.org'],
    };
    await lab.create('/api/v1/channels', { name: 'mail', kind: 'email', config: mail, is_default: true });
    for (const name of [...FAULTY, ...KILLED, 'handled']) {
      await webhook(name);
      const times = {
        group_wait_seconds: name === 'waiting' ? null : 0,
        remind_every_minutes: name === 'handled' ? 60 : null,
      };
      await lab.create('/api/v1/notification-routes', { name, matchers: { tags: [name] }, channels: [name], ...times });
    }
    const rule = { severity: 'critical', scope: { tags: ['fast'] }, group_by: ['device'] };
    await lab.create('/api/v1/alert-rules', { ...rule, name: 'No ping', expression: 'icmp.down_seconds > 0' });
    await lab.create('/api/v1/alert-rules', { ...rule, name: 'No connection', expression: 'tcp.down_seconds > 0' });
  }

  const die = (...names: string[]) => Promise.all(names.map((name) => services.get(name)!.die()));
  const comeBack = (...names: string[]) => Promise.all(names.map((name) => services.get(name)!.comeBack()));
  const sql = <Row>(text: string): Promise<Row[]> => query<Row>(database, text);
  const requestsOf = (path: string): WebhookRequest[] => [...receiver.of(`/${path}`), ...absent.of(`/${path}`)];
  /** What arrived of a device at a channel, answered or not, in order. */
  const requests = (channel: string, device: string, kind?: string): WebhookRequest[] =>
    requestsOf(channel).filter(
      (request) =>
        noticeOf(request).alerts.some(({ target_name }) => target_name === device) &&
        (kind === undefined || noticeOf(request).kind === kind),
    );
  /** What was accepted of it, one `kind:key` each. */
  const accepted = (channel: string, device: string): string[] =>
    requests(channel, device).flatMap((request) =>
      request.status === 200 ? [`${noticeOf(request).kind}:${request.key}`] : [],
    );
  const kindsOf = (keyed: string[]): string[] => keyed.map((each) => each.split(':')[0]!);
  const untilTold = (kinds: string[], channel: string, device: string) =>
    eventually(() => expect(kindsOf(accepted(channel, device))).toEqual(kinds), SLOW);
  const openAlert = (device: string): Promise<AlertDto> =>
    eventually(async () => {
      const [alert] = await lab.get<AlertDto[]>(`/api/v1/alerts?state=firing&device=${device}`);
      if (!alert) throw new Error(`No alert of ${device} fires`);
      return alert;
    }, SLOW);
  const deliveries = (search: string): Promise<DeliveryDto[]> => lab.get(`/api/v1/deliveries?limit=200&${search}`);
  /** From the moment at which the state was known to the arrival. */
  async function delayOf(device: string, state: 'up' | 'down', request: WebhookRequest): Promise<number> {
    const event = (await lab.events(idOf.get(device)!)).findLast(({ to }) => to === state)!;
    return request.at - Date.parse(event.recorded_at);
  }

  it.each([
    ['icmp', 'No ping', () => network.switch(ICMP_ADDRESS, false), () => network.switch(ICMP_ADDRESS, true)],
    ['tcp', 'No connection', () => die('tcp'), () => comeBack('tcp')],
  ])('%s: everybody is told of both within seconds, and once', async (device, rule, kill, revive) => {
    await kill();
    await eventually(
      async () => expect(await lab.state(idOf.get(device)!)).toMatchObject({ state: 'down', hard: true }),
      SLOW,
    );
    await untilTold(['firing'], 'hook', device);
    await revive();
    await eventually(
      async () => expect(await lab.state(idOf.get(device)!)).toMatchObject({ state: 'up', hard: true }),
      SLOW,
    );
    await untilTold(['firing', 'resolved'], 'hook', device);

    const [firing, resolved] = requests('hook', device) as [WebhookRequest, WebhookRequest];
    for (const [state, request] of [
      ['down', firing],
      ['up', resolved],
    ] as const) {
      const delay = await delayOf(device, state, request);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThan(TOLD_WITHIN_MS);
      expect([isSigned(request, SECRET), isSigned(request, 'another')]).toEqual([true, false]);
      expect(request.key).toBe(noticeOf(request).id);
    }
    expect(firing.key).not.toBe(resolved.key);
    expect(noticeOf(firing)).toMatchObject({
      version: 1,
      status: 'firing',
      alerts: [{ rule_name: rule, target_name: device }],
    });
    expect(noticeOf(resolved)).toMatchObject({
      status: 'resolved',
      alerts: [{ status: 'resolved', resolution: 'recovered' }],
    });

    const asPrometheus = await eventually(() => {
      const all = receiver
        .of('/prometheus')
        .map(
          ({ text }) =>
            JSON.parse(text) as { status: string; alerts: { labels: Record<string, string>; endsAt: string }[] },
        )
        .filter(({ alerts }) => alerts.some(({ labels }) => labels['instance'] === device));
      expect(all).toHaveLength(2);
      return all;
    }, SLOW);
    const labels = { alertname: rule, instance: device, severity: 'critical' };
    expect(asPrometheus).toMatchObject([
      { version: '4', status: 'firing', alerts: [{ labels, endsAt: '0001-01-01T00:00:00Z' }] },
      { version: '4', status: 'resolved', alerts: [{ labels }] },
    ]);
    const mails = await eventually(() => {
      const all = mailbox.mails.filter(({ raw }) => mailHeader(raw, 'Subject')!.includes(`${rule}: ${device}`));
      expect(all).toHaveLength(2);
      return all;
    }, SLOW);
    const header = (name: string) => mails.map(({ raw }) => mailHeader(raw, name));
    expect(header('Subject')).toEqual([`[FIRING] ${rule}: ${device}`, `[RESOLVED] ${rule}: ${device}`]);
    expect(new Set(header('Message-ID')).size).toBe(2);
    expect([new Set(header('In-Reply-To')).size, new Set(header('References')).size]).toEqual([1, 1]);
    expect(header('In-Reply-To')[0]).toMatch(/^<.+>$/);
  });

  it('receivers that fail, hang, are slow or away get each notice under one key, and again only if it may be lost', async () => {
    receiver.script('/busy', 500, 500);
    receiver.script('/stuck', 'hang');
    receiver.script('/slow', { status: 200, afterMs: 1_500 }, { status: 200, afterMs: 1_500 });
    await absent.shut();
    await die(...FAULTY);
    await openAlert('gone');
    await eventually(
      async () => expect(await deliveries('state=retrying')).toMatchObject([{ channel: { name: 'gone' } }]),
      SLOW,
    );
    await absent.open();
    for (const name of FAULTY) await untilTold(['firing'], name, name);
    await comeBack(...FAULTY);
    for (const name of FAULTY) await untilTold(['firing', 'resolved'], name, name);

    const statuses = (name: string) => requests(name, name, 'firing').map(({ status }) => status);
    expect(FAULTY.map(statuses)).toEqual([[500, 500, 200], [null, 200], [200], [200]]);
    for (const name of FAULTY) {
      expect(new Set(requests(name, name, 'firing').map(({ key }) => key)).size).toBe(1);
      expect(requests(name, name, 'resolved')).toHaveLength(1);
    }
    const told = (await deliveries('kind=firing')).filter(({ channel }) =>
      FAULTY.some((name) => name === channel.name),
    );
    expect(
      Object.fromEntries(told.map(({ channel, state, uncertain }) => [channel.name, `${state} ${uncertain}`])),
    ).toEqual({
      busy: 'delivered false',
      stuck: 'delivered true',
      slow: 'delivered false',
      gone: 'delivered false',
    });
  });

  it('an acknowledgement or a silence ends the notices, and not the resolve of what was told', async () => {
    const silence = (device: string) =>
      lab.create('/api/v1/silences', {
        matchers: [{ name: 'device', op: '=', value: device }],
        duration_seconds: 3_600,
      });
    await silence('quiet');
    await die(...HANDLED);
    for (const name of ['acked', 'silenced', 'control']) await untilTold(['firing'], 'handled', name);
    const quiet = await openAlert('quiet');
    expect(quiet).toMatchObject({ suppressed_by: 'silence', announced_at: null });
    const acked = await lab.ask('POST', `/api/v1/alerts/${(await openAlert('acked')).id}/ack`, {
      comment: 'On my way',
    });
    expect(acked).toMatchObject({ status: 200, body: { data: { acknowledgement: { comment: 'On my way' } } } });
    await silence('silenced');
    await eventually(async () => expect(await openAlert('silenced')).toMatchObject({ suppressed_by: 'silence' }));

    // As if an hour had passed; whatever is to be sent makes the dispatcher look.
    await sql(`UPDATE alert_follow_ups SET remind_at = now()`);
    const [channel] = await lab.get<{ id: string }[]>('/api/v1/channels?q=handled');
    await lab.ask('POST', `/api/v1/channels/${channel!.id}/test`);
    await untilTold(['firing', 'reminder'], 'handled', 'control');
    expect(await deliveries('kind=reminder')).toHaveLength(1);

    await comeBack(...HANDLED);
    for (const name of ['acked', 'silenced']) await untilTold(['firing', 'resolved'], 'handled', name);
    await untilTold(['firing', 'reminder', 'resolved'], 'handled', 'control');
    await eventually(async () =>
      expect(await lab.get(`/api/v1/alerts/${quiet.id}`)).toMatchObject({ state: 'resolved' }),
    );
    expect([requests('handled', 'quiet'), await deliveries(`alert=${quiet.id}`)]).toEqual([[], []]);
  });

  it('no webhook reaches a metadata address, whatever its form', async () => {
    const forms = ['http://169.254.169.254/', 'http://2852039166/', 'http://0xa9fea9fe/', 'http://[::ffff:a9fe:a9fe]/'];
    for (const url of forms) {
      const refused = await lab.ask('POST', '/api/v1/channels', { name: url, kind: 'webhook', config: { url } });
      expect(refused).toMatchObject({ status: 422, body: { code: 'outbound_refused' } });
    }
    receiver.script('/redirect', { status: 302, headers: { location: forms[0]! } });
    const config = { url: receiver.url('/redirect') };
    const { id } = await lab.create('/api/v1/channels', { name: 'redirect', kind: 'webhook', config });
    await lab.ask('POST', `/api/v1/channels/${id}/test`);
    await eventually(async () =>
      expect(await deliveries('channel=redirect')).toMatchObject([
        { state: 'failed', last_status: 302, last_error: expect.stringContaining('redirects are not followed') },
      ]),
    );
  });

  it('the default rule, with profiles as slow as its minute, tells within seconds of the hard state', async () => {
    await untilTold(['firing'], 'hook', 'patient');
    await comeBack('patient');
    await untilTold(['firing', 'resolved'], 'hook', 'patient');
    const [firing, resolved] = requests('hook', 'patient') as [WebhookRequest, WebhookRequest];
    expect(noticeOf(firing).alerts).toMatchObject([{ rule_name: 'Device down', severity: 'critical' }]);
    expect(await delayOf('patient', 'down', firing)).toBeLessThan(TOLD_WITHIN_MS);
    expect(await delayOf('patient', 'up', resolved)).toBeLessThan(TOLD_WITHIN_MS);
  });

  it('killed with -9 before and during a delivery, it tells all of it after its return; what was under way again, as the same', async () => {
    receiver.script('/sending', 'hang');
    await absent.shut();
    await die(...KILLED);
    await eventually(() => expect(requests('sending', 'sending')).toHaveLength(1), { ...SLOW, everyMs: 10 });
    await Promise.all(KILLED.map(openAlert));
    await product.stop('SIGKILL');
    expect([requestsOf('waiting'), requestsOf('refused')]).toEqual([[], []]);
    await absent.open();
    await start();
    for (const name of KILLED) await untilTold(['firing'], name, name);
    await comeBack(...KILLED);
    for (const name of KILLED) await untilTold(['firing', 'resolved'], name, name);

    const keys = (name: string) => requests(name, name).map(({ key }) => key);
    expect(KILLED.map((name) => new Set(keys(name)).size)).toEqual([2, 2, 2]);
    expect(KILLED.map((name) => keys(name).length)).toEqual([2, 3, 2]);
    const [lost, again] = requests('sending', 'sending') as [WebhookRequest, WebhookRequest];
    expect([again.key, again.text]).toEqual([lost.key, lost.text]);
  });

  it('nothing was told twice, and nothing is left', async () => {
    expect(await deliveries('state=waiting,sending,retrying')).toEqual([]);
    const everything = [...receiver.requests, ...absent.requests].filter(({ status }) => status === 200);
    expect(new Set(everything.map(({ key }) => key)).size).toBe(everything.length);
    expect(await lab.get('/api/v1/alerts?state=firing')).toEqual([]);
    expect(product.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });
});
