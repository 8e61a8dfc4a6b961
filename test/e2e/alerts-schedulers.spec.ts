import { eventually } from '../support/eventually.js';
import { NoticeLab, PATIENCE } from '../support/notice-lab.js';
import type { Product } from '../support/product.js';
import { noticeOf } from '../support/webhook-receiver.js';

jest.setTimeout(120_000);

const DEVICES = Array.from({ length: 6 }, (_, place) => `tcp-${place}`);
/** Of the resolves. */
const HANGING = 3;
/** From the hard state to the receiver: as with one scheduler, although it is dead. */
const TOLD_WITHIN_MS = 10_000;

/** Who leads says so in its log. */
const leads = (duty: string) => (scheduler: Product) =>
  scheduler.child.signalCode === null && scheduler.output.includes(`This process leads ${duty}`);

/** An API, a worker and two schedulers on one PostgreSQL. */
describe('two schedulers', () => {
  let lab: NoticeLab;
  let schedulers: Product[];

  beforeAll(async () => {
    lab = await NoticeLab.start(DEVICES);
    await lab.launch({ SWARMWARD_ROLE: 'api' });
    await lab.webhook('hook', { isDefault: true });
    schedulers = await Promise.all([launchScheduler(), launchScheduler()]);
    await lab.launch({ SWARMWARD_ROLE: 'worker', SWARMWARD_WORKER_QUEUES: 'checks,maintenance' });
    const profile = { name: 'fast', ping_interval_seconds: 1, packets: 1, timeout_ms: 600, down_after: 2, up_after: 1 };
    await lab.devices.create('/api/v1/profiles', profile);
    const rule = { severity: 'critical', group_by: ['device'], expression: 'tcp.down_seconds > 0' };
    await lab.devices.create('/api/v1/alert-rules', { ...rule, name: 'No connection' });
    await lab.devicesOnly();
    await lab.watch(() => ({ profile: 'fast' }));
  });
  afterAll(() => lab?.stop());

  const launchScheduler = () =>
    lab.launch({
      SWARMWARD_ROLE: 'scheduler',
      SWARMWARD_NOTIFY_TIMEOUT_SECONDS: '2',
      LOG_LEVEL: 'debug',
    });
  const leader = (duty: string): Promise<Product> =>
    eventually(() => {
      const found = schedulers.filter(leads(duty));
      expect(found).toHaveLength(1);
      return found[0]!;
    });
  /** `kill -9`, and another in its place. */
  async function replace(scheduler: Product): Promise<void> {
    await scheduler.stop('SIGKILL');
    schedulers = [...schedulers.filter((each) => each !== scheduler), await launchScheduler()];
  }
  async function expectInTime(state: 'down' | 'up', place: number): Promise<void> {
    for (const device of DEVICES)
      expect(await lab.delay(device, state, lab.requests('hook', device)[place]!)).toBeLessThan(TOLD_WITHIN_MS);
  }

  it('tell once, and in time although the one that evaluates is killed with -9 between the deaths and the alerts', async () => {
    const evaluator = await leader('alert-evaluator');
    await lab.die(...DEVICES);
    await evaluator.stop('SIGKILL');
    for (const device of DEVICES) await lab.told(['firing'], 'hook', device);
    await expectInTime('down', 0);
    expect(lab.requests('hook')).toHaveLength(DEVICES.length);
    await replace(evaluator);
  });

  it('tell again, as the same, only what the one had under way that is killed with -9 while it sends', async () => {
    const dispatcher = await leader('notification-dispatcher');
    const before = lab.requests('hook').length;
    lab.receiver.script('/hook', ...Array.from({ length: HANGING }, () => 'hang' as const));
    await lab.comeBack(...DEVICES);
    await eventually(() => expect(lab.requests('hook')).toHaveLength(before + DEVICES.length), {
      ...PATIENCE,
      everyMs: 10,
    });
    await replace(dispatcher);
    const resolvesOf = (device: string) => lab.requests('hook', device).slice(1);
    await eventually(() => {
      for (const device of DEVICES) expect(resolvesOf(device).map(({ status }) => status)).toContain(200);
    }, PATIENCE);
    await expectInTime('up', 1);
    await eventually(async () => expect(await lab.deliveries('state=waiting,sending,retrying')).toEqual([]), PATIENCE);

    const resolves = DEVICES.map(resolvesOf);
    expect(resolves.map((each) => new Set(each.map(({ key }) => key)).size)).toEqual(DEVICES.map(() => 1));
    expect(resolves.map((each) => noticeOf(each[0]!).kind)).toEqual(DEVICES.map(() => 'resolved'));
    // Those that were not answered; and what was, if the answer had not been written down yet.
    const again = resolves.filter((each) => each.length > 1);
    expect(again.filter((each) => each[0]!.status === null).length).toBeGreaterThanOrEqual(HANGING);
    const uncertain = (await lab.deliveries('kind=resolved')).filter((each) => each.uncertain);
    expect(again.map(([first]) => first!.key).sort()).toEqual(uncertain.map(({ id }) => id).sort());
  });
});
