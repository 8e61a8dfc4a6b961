import { DeadNetwork, missingNetns } from '../support/dead-network.js';
import { eventually } from '../support/eventually.js';
import { FakeFpings, missingFping } from '../support/fake-fping.js';
import { MailReceiver, mailHeader } from '../support/mail-receiver.js';
import { NoticeLab, PATIENCE } from '../support/notice-lab.js';
import { describeWith } from '../support/requires.js';
import { isSigned, noticeOf, type WebhookRequest } from '../support/webhook-receiver.js';

jest.setTimeout(240_000);

const ICMP_ADDRESS = '10.99.0.7';
const SECRET = 'known to both';
/** Of the acceptance: from the hard state to the receiver. */
const TOLD_WITHIN_MS = 10_000;
/** Each a TCP device whose alerts go to a channel of its own, which has the same name. */
const FAULTY = ['busy', 'stuck', 'slow', 'gone'];
const KILLED = ['waiting', 'sending', 'refused'];
const ABSENT = ['gone', 'refused'];
/** TCP devices whose alerts go to one channel, with reminders. */
const HANDLED = ['acked', 'silenced', 'quiet', 'control'];

/** The built product with its default waits; TCP and ICMP, webhooks and mail are real, and so are the deaths. */
describeWith('devices that die and return', missingFping() ?? missingNetns(), () => {
  const fpings = new FakeFpings();
  let network: DeadNetwork;
  let mailbox: MailReceiver;
  let lab: NoticeLab;

  beforeAll(async () => {
    network = DeadNetwork.create();
    network.switch(ICMP_ADDRESS, true);
    mailbox = await MailReceiver.start();
    lab = await NoticeLab.start(['tcp', 'patient', ...FAULTY, ...KILLED, ...HANDLED]);
    await launch();
    await makeChannels();
    await makeRules();
    const fast = { packets: 1, timeout_ms: 600, up_after: 1 };
    await lab.devices.create('/api/v1/profiles', { ...fast, name: 'fast', ping_interval_seconds: 1, down_after: 2 });
    await lab.devices.create('/api/v1/profiles', {
      ...fast,
      name: 'patient',
      ping_interval_seconds: 7,
      down_after: 10,
    });
    await lab.watch(
      (name) =>
        name === 'patient'
          ? { profile: 'patient' }
          : { profile: 'fast', tags: ['fast', HANDLED.includes(name) ? 'handled' : name] },
      [{ name: 'icmp', ip: ICMP_ADDRESS, profile: 'fast', tags: ['fast'] }],
    );
    // It takes as long to be called down as the default rule waits, 60 s and 3 more; the others die meanwhile.
    await lab.die('patient');
  });
  afterAll(async () => {
    await lab?.stop();
    await mailbox?.stop();
    network?.remove();
    fpings.remove();
  });

  const launch = () =>
    lab.launch({
      SWARMWARD_FPING_PATH: fpings.script(network.fping),
      SWARMWARD_CANARIES: '127.0.0.1',
      SWARMWARD_NOTIFY_TIMEOUT_SECONDS: '3',
    });

  async function makeChannels(): Promise<void> {
    await lab.webhook('hook', { isDefault: true, secret: SECRET });
    await lab.webhook('prometheus', { isDefault: true, format: 'alertmanager' });
    const config = {
      host: '127.0.0.1',
      port: mailbox.port,
      security: 'none',
      from: 'a@example.org',
      to: ['b@example.org'],
    };
    await lab.devices.create('/api/v1/channels', { name: 'mail', kind: 'email', config, is_default: true });
    for (const name of [...FAULTY, ...KILLED, 'handled']) {
      await lab.webhook(name, { isAbsent: ABSENT.includes(name) });
      const times = {
        group_wait_seconds: name === 'waiting' ? null : 0,
        remind_every_minutes: name === 'handled' ? 60 : null,
      };
      const route = { name, matchers: { tags: [name] }, channels: [name], ...times };
      await lab.devices.create('/api/v1/notification-routes', route);
    }
  }
  async function makeRules(): Promise<void> {
    const rule = { severity: 'critical', scope: { tags: ['fast'] }, group_by: ['device'] };
    await lab.devices.create('/api/v1/alert-rules', { ...rule, name: 'No ping', expression: 'icmp.down_seconds > 0' });
    await lab.devices.create('/api/v1/alert-rules', {
      ...rule,
      name: 'No connection',
      expression: 'tcp.down_seconds > 0',
    });
    await lab.devicesOnly();
  }

  const untilState = (state: 'up' | 'down', ...devices: string[]) =>
    eventually(async () => {
      for (const device of devices)
        expect(await lab.devices.state(lab.ids.get(device)!)).toMatchObject({ state, hard: true });
    }, PATIENCE);
  async function expectInTime(device: string): Promise<void> {
    const [firing, resolved] = lab.requests('hook', device) as [WebhookRequest, WebhookRequest];
    const delays = [await lab.delay(device, 'down', firing), await lab.delay(device, 'up', resolved)];
    expect(delays.filter((delay) => delay < 0 || delay >= TOLD_WITHIN_MS)).toEqual([]);
  }

  it('of ICMP and of TCP: everybody is told of both within seconds, and once', async () => {
    const rules = { icmp: 'No ping', tcp: 'No connection' };
    network.switch(ICMP_ADDRESS, false);
    await lab.die('tcp');
    await untilState('down', 'icmp', 'tcp');
    for (const device of ['icmp', 'tcp']) await lab.told(['firing'], 'hook', device);
    network.switch(ICMP_ADDRESS, true);
    await lab.comeBack('tcp');
    await untilState('up', 'icmp', 'tcp');
    for (const [device, rule] of Object.entries(rules)) {
      await lab.told(['firing', 'resolved'], 'hook', device);
      await expectInTime(device);
      const both = lab.requests('hook', device);
      expect(both.map((request) => [isSigned(request, SECRET), isSigned(request, 'other')])).toEqual([
        [true, false],
        [true, false],
      ]);
      expect(new Set(both.map(({ key }) => key)).size).toBe(2);
      expect(both.map(noticeOf)).toMatchObject([
        { version: 1, id: both[0]!.key, status: 'firing', alerts: [{ rule_name: rule, target_name: device }] },
        { version: 1, id: both[1]!.key, status: 'resolved', alerts: [{ status: 'resolved', resolution: 'recovered' }] },
      ]);
      await eventually(() => expectPrometheus(rule, device), PATIENCE);
      await eventually(() => expectMails(rule, device), PATIENCE);
    }
  });
  function expectPrometheus(rule: string, device: string): void {
    const all = lab.requests('prometheus').map(({ text }) => JSON.parse(text) as { commonLabels: object });
    const labels = { alertname: rule, instance: device, severity: 'critical' };
    const never = '0001-01-01T00:00:00Z';
    expect(all.filter(({ commonLabels }) => 'instance' in commonLabels && commonLabels.instance === device)).toEqual([
      expect.objectContaining({
        version: '4',
        status: 'firing',
        alerts: [expect.objectContaining({ status: 'firing', labels: expect.objectContaining(labels), endsAt: never })],
      }),
      expect.objectContaining({
        version: '4',
        status: 'resolved',
        alerts: [expect.objectContaining({ status: 'resolved', labels: expect.objectContaining(labels) })],
      }),
    ]);
  }
  function expectMails(rule: string, device: string): void {
    const mails = mailbox.mails.filter(({ raw }) => mailHeader(raw, 'Subject')!.includes(`${rule}: ${device}`));
    const header = (name: string) => mails.map(({ raw }) => mailHeader(raw, name));
    expect(header('Subject')).toEqual([`[FIRING] ${rule}: ${device}`, `[RESOLVED] ${rule}: ${device}`]);
    expect(new Set(header('Message-ID')).size).toBe(2);
    expect([new Set(header('In-Reply-To')).size, new Set(header('References')).size]).toEqual([1, 1]);
    expect(header('In-Reply-To')[0]).toMatch(/^<.+>$/);
  }

  it('receivers that fail, hang, are slow or away get each notice under one key, and again only if it may be lost', async () => {
    lab.receiver.script('/busy', 500, 500);
    lab.receiver.script('/stuck', 'hang');
    lab.receiver.script('/slow', { status: 200, afterMs: 1_500 }, { status: 200, afterMs: 1_500 });
    await lab.absent.shut();
    await lab.die(...FAULTY);
    await eventually(
      async () => expect(await lab.deliveries('state=retrying&channel=gone')).toMatchObject([{ kind: 'firing' }]),
      PATIENCE,
    );
    await lab.absent.open();
    for (const name of FAULTY) await lab.told(['firing'], name, name);
    await lab.comeBack(...FAULTY);
    for (const name of FAULTY) await lab.told(['firing', 'resolved'], name, name);

    const arrived = FAULTY.map((name) => {
      const [firing, resolved] = (['firing', 'resolved'] as const).map((kind) =>
        lab.requests(name, name).filter((request) => noticeOf(request).kind === kind),
      );
      expect([new Set(firing!.map(({ key }) => key)).size, resolved!.length]).toEqual([1, 1]);
      return firing!.map(({ status }) => status);
    });
    expect(arrived).toEqual([[500, 500, 200], [null, 200], [200], [200]]);
    const uncertain = (await lab.deliveries('kind=firing')).filter((each) => each.uncertain);
    expect(uncertain).toMatchObject([{ channel: { name: 'stuck' }, state: 'delivered', attempts: 2 }]);
  });

  it('an acknowledgement or a silence ends the notices, and not the resolve of what was told', async () => {
    const silence = (device: string) => {
      const matchers = [{ name: 'device', op: '=', value: device }];
      return lab.devices.create('/api/v1/silences', { matchers, duration_seconds: 3_600 });
    };
    await silence('quiet');
    await lab.die(...HANDLED);
    for (const name of ['acked', 'silenced', 'control']) await lab.told(['firing'], 'handled', name);
    const quiet = await lab.firing('quiet');
    expect(quiet).toMatchObject({ suppressed_by: 'silence', announced_at: null });
    const { id } = await lab.firing('acked');
    const acked = await lab.devices.ask('POST', `/api/v1/alerts/${id}/ack`, { comment: 'On my way' });
    expect(acked).toMatchObject({ status: 200, body: { data: { acknowledgement: { comment: 'On my way' } } } });
    await silence('silenced');
    await eventually(async () => expect(await lab.firing('silenced')).toMatchObject({ suppressed_by: 'silence' }));

    // As if an hour had passed; whatever is to be sent makes the dispatcher look.
    await lab.sql(`UPDATE alert_follow_ups SET remind_at = now()`);
    const [channel] = await lab.devices.get<{ id: string }[]>('/api/v1/channels?q=handled');
    await lab.devices.ask('POST', `/api/v1/channels/${channel!.id}/test`);
    await lab.told(['firing', 'reminder'], 'handled', 'control');
    expect(await lab.deliveries('kind=reminder')).toHaveLength(1);

    await lab.comeBack(...HANDLED);
    for (const name of ['acked', 'silenced']) await lab.told(['firing', 'resolved'], 'handled', name);
    await lab.told(['firing', 'reminder', 'resolved'], 'handled', 'control');
    await eventually(async () =>
      expect(await lab.devices.get(`/api/v1/alerts/${quiet.id}`)).toMatchObject({ state: 'resolved' }),
    );
    expect([lab.requests('handled', 'quiet'), await lab.deliveries(`alert=${quiet.id}`)]).toEqual([[], []]);
  });

  it('no webhook reaches a metadata address, whatever its form', async () => {
    const forms = ['http://169.254.169.254/', 'http://2852039166/', 'http://0xa9fea9fe/', 'http://[::ffff:a9fe:a9fe]/'];
    for (const url of forms) {
      const refused = await lab.devices.ask('POST', '/api/v1/channels', {
        name: url,
        kind: 'webhook',
        config: { url },
      });
      expect(refused).toMatchObject({ status: 422, body: { code: 'outbound_refused' } });
    }
    lab.receiver.script('/redirect', { status: 302, headers: { location: forms[0]! } });
    const { id } = await lab.webhook('redirect');
    await lab.devices.ask('POST', `/api/v1/channels/${id}/test`);
    await eventually(async () =>
      expect(await lab.deliveries('channel=redirect')).toMatchObject([
        { state: 'failed', last_status: 302, last_error: expect.stringContaining('redirects are not followed') },
      ]),
    );
  });

  it('killed with -9 before and during a delivery, all of it is told after its return; what was under way again, as the same', async () => {
    lab.receiver.script('/sending', 'hang');
    await lab.absent.shut();
    await lab.die(...KILLED);
    await eventually(() => expect(lab.requests('sending')).toHaveLength(1), { ...PATIENCE, everyMs: 10 });
    await Promise.all(KILLED.map((name) => lab.firing(name)));
    await lab.products[0]!.stop('SIGKILL');
    expect([lab.requests('waiting'), lab.requests('refused')]).toEqual([[], []]);
    await lab.absent.open();
    await launch();
    for (const name of KILLED) await lab.told(['firing'], name, name);
    await lab.comeBack(...KILLED);
    for (const name of KILLED) await lab.told(['firing', 'resolved'], name, name);

    const keys = KILLED.map((name) => lab.requests(name).map(({ key }) => key));
    expect(keys.map((each) => [each.length, new Set(each).size])).toEqual([[2, 2], [3, 2], [2, 2]]); // prettier-ignore
    const [lost, again] = lab.requests('sending') as [WebhookRequest, WebhookRequest];
    expect([again.key, again.text]).toEqual([lost.key, lost.text]);
  });

  it('the default rule, with a profile as slow as its minute, tells within seconds of the hard state', async () => {
    await lab.told(['firing'], 'hook', 'patient');
    await lab.comeBack('patient');
    await lab.told(['firing', 'resolved'], 'hook', 'patient');
    const [firing] = lab.requests('hook', 'patient');
    expect(noticeOf(firing!).alerts).toMatchObject([{ rule_name: 'Device down', severity: 'critical' }]);
    await expectInTime('patient');
  });

  it('nothing was told twice, and nothing is left', async () => {
    lab.expectOnce();
    await eventually(async () => expect(await lab.deliveries('state=waiting,sending,retrying')).toEqual([]), PATIENCE);
    expect(await lab.devices.get('/api/v1/alerts?state=firing')).toEqual([]);
    const lines = lab.products.flatMap((product) => product.lines);
    expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });
});
