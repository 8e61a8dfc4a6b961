import { chmodSync, renameSync, rmSync } from 'node:fs';
import type { StateEventDto } from '../../src/probes/reports/device/device-reports.dto.js';
import { DeadNetwork, missingNetns } from '../support/dead-network.js';
import { DeviceLab } from '../support/device-lab.js';
import { eventually } from '../support/eventually.js';
import { FakeFpings, missingFping } from '../support/fake-fping.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { databaseUrl, Product } from '../support/product.js';
import { describeWith } from '../support/requires.js';

jest.setTimeout(120_000);

const INTERVAL_SECONDS = 2;
const PLAIN = 20;
const SITE = 25;
const CHILDREN = 30;
const ALL = PLAIN + SITE + 1 + CHILDREN;
const NORTH = '10.99.1.0/24';
/** The parent and its children. */
const BEHIND = '10.99.2.0/24';

/** The product with a program in the place of fping that is swapped while it runs. */
describeWith('pinging that breaks', missingFping() ?? missingNetns(), () => {
  const fpings = new FakeFpings();
  const site = Array.from({ length: SITE }, (_, index) => `10.99.1.${index + 1}`);
  const behind = Array.from({ length: CHILDREN }, (_, index) => `10.99.2.${index + 2}`);
  const parent = '10.99.2.1';
  let network: DeadNetwork;
  let postgres: TestPostgres;
  let database: Awaited<ReturnType<TestPostgres['createEmptyDatabase']>>;
  let product: Product;
  let lab: DeviceLab;
  let path: string;

  beforeAll(async () => {
    network = DeadNetwork.create();
    for (const subnet of [NORTH, BEHIND]) network.switchSubnet(subnet, true);
    path = fpings.script(network.fping);
    postgres = await startTestPostgres();
    database = await postgres.createEmptyDatabase();
    product = await Product.start({
      env: {
        DATABASE_URL: databaseUrl(database),
        SWARMWARD_FPING_PATH: path,
        SWARMWARD_PING_INTERVAL_SECONDS: String(INTERVAL_SECONDS),
      },
    });
    lab = new DeviceLab(product);
    await lab.create('/api/v1/sites', { name: 'north' });
    await lab.create('/api/v1/sites', { name: 'south' });
    await lab.create('/api/v1/profiles', { name: 'quick', packets: 1, timeout_ms: 800, is_default: true });
    await lab.import([
      ...Array.from({ length: PLAIN }, (_, index) => ({
        name: `south-${index}`,
        ip: `127.0.3.${index + 1}`,
        site: 'south',
      })),
      ...site.map((ip, index) => ({ name: `north-${index}`, ip, site: 'north' })),
      { name: 'gateway', ip: parent },
      ...behind.map((ip, index) => ({ name: `behind-${index}`, ip, parent: 'gateway' })),
    ]);
    await allUp();
  });
  afterAll(async () => {
    await product?.stop();
    await postgres?.stop();
    network?.remove();
    fpings.remove();
  });

  const allUp = () => eventually(async () => expect(await lab.tally()).toEqual({ up: ALL }), { timeoutMs: 45_000 });
  const healthy = () =>
    eventually(async () => expect(await lab.icmpHealth()).toBe(`healthy (${ALL} devices)`), { timeoutMs: 45_000 });
  /** One that began only now: not while something was being broken or mended. */
  const nextTurn = () => lab.cycleAfter(Date.now());
  /** Puts another program there, at once. */
  const swap = (body: string): void => renameSync(fpings.script(body), path);
  /** Every change to a state since, with how many devices made it. */
  const changesTo = async (since: number): Promise<Record<string, number>> => {
    const rows = await query<Pick<StateEventDto, 'to'> & { devices: number }>(
      database,
      `SELECT to_state AS "to", count(*)::int AS devices FROM state_events WHERE recorded_at > $1 GROUP BY 1`,
      [new Date(since)],
    );
    return Object.fromEntries(rows.map(({ to, devices }) => [to, devices]));
  };
  const mended = async (): Promise<void> => {
    swap(network.fping);
    expect(await nextTurn()).toMatchObject({ targets: ALL, answered: ALL, failed: 0, unknown: 0 });
    await allUp();
    await healthy();
  };

  it.each<[string, () => void, RegExp]>([
    ['missing', () => rmSync(path), /^degraded.*not installed.*apt install fping.*SWARMWARD_FPING_PATH/],
    ['not executable', () => chmodSync(path, 0o644), /^degraded.*may not be executed.*Make it executable/],
    ['not permitted', () => swap('exit 4'), /^degraded.*setcap cap_net_raw\+ep.*cap_add: \[NET_RAW\]/],
    [
      'printing garbage',
      () =>
        swap(
          'cat >/dev/null; for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "$n bottles of beer : on the wall" >&2; done',
        ),
      /^degraded.*that is not fping/,
    ],
    ['hanging', () => swap('sleep 600 & wait'), /^degraded.*did not end within .* s and was killed/],
  ])('fping that is %s makes devices unknown and never down, and the next cycle works', async (_, breakIt, advice) => {
    const at = Date.now();
    breakIt();
    expect(await nextTurn()).toMatchObject({ targets: ALL, answered: 0, failed: 0, unknown: ALL });
    await eventually(async () => expect(await lab.icmpHealth()).toMatch(advice));
    expect((await lab.probes()).drivers.find(({ driver }) => driver === 'icmp')).toMatchObject({ ok: false });
    const listed = await lab.list();
    expect(new Set(listed.map(({ state, last_known_state: last }) => `${state} ${last}`))).toEqual(
      new Set(['unknown up']),
    );
    expect(new Set(listed.map(({ ping_status, problems }) => `${ping_status} ${problems}`))).toEqual(
      new Set(['Unknown 0']),
    );
    await mended();
    expect(await changesTo(at)).toEqual({ unknown: ALL, up: ALL });
  });

  it('fping that is killed in the middle of a cycle makes devices unknown and never down, and the next cycle works', async () => {
    const at = Date.now();
    // Whoever kills it from outside may come too late: it needs a tenth of a second.
    swap(`ip netns exec ${network.name} fping "$@" <&0 & sleep 0.01; kill -KILL $! $$`);
    expect(await nextTurn()).toMatchObject({ answered: 0, failed: 0, unknown: ALL });
    await eventually(async () => expect(await lab.icmpHealth()).toMatch(/^degraded.*killed by SIGKILL/));
    const [id] = (await lab.list('?q=gateway')).map((each) => each.id);
    expect((await lab.pings(id!)).filter(({ status }) => status === 'unknown').at(-1)).toMatchObject({
      received: 0,
      rtt_avg_ms: null,
    });
    await mended();
    expect(await changesTo(at)).toEqual({ unknown: ALL, up: ALL });
  });

  it('fping that says nothing about some devices makes those unknown', async () => {
    const at = Date.now();
    swap('while read -r address; do case "$address" in 127.*) ;; *) report "$address" ;; esac; done');
    expect(await nextTurn()).toMatchObject({ answered: ALL - PLAIN, failed: 0, unknown: PLAIN });
    await eventually(async () => expect(await lab.tally()).toEqual({ up: ALL - PLAIN, unknown: PLAIN }));
    await mended();
    expect(await changesTo(at)).toEqual({ unknown: PLAIN, up: PLAIN });
  });

  it('a worker that is cut off is blind: states stay beside unknown, and no outage begins', async () => {
    const at = Date.now();
    network.connect(false);
    await nextTurn();
    await eventually(async () =>
      expect(await lab.icmpHealth()).toMatch(/^degraded.*blind since .*nearly every device/),
    );
    expect((await lab.probes()).vantage).toMatchObject({ blind: true, reason: 'devices' });
    const listed = await lab.list();
    expect(new Set(listed.map(({ state, blind, last_known_state: last }) => `${state} ${blind} ${last}`))).toEqual(
      new Set(['unknown true up']),
    );
    // Far longer than it takes to call a device down.
    await eventually(
      async () =>
        expect((await lab.cycles('&kind=ping')).filter(({ failed }) => failed === ALL).length).toBeGreaterThanOrEqual(
          4,
        ),
      { timeoutMs: 45_000 },
    );
    expect(await changesTo(at)).toEqual({ unknown: ALL });
    network.connect(true);
    await allUp();
    await healthy();
    expect((await lab.probes()).vantage).toMatchObject({ blind: false, reason: null });
    expect(await changesTo(at)).toEqual({ unknown: ALL, up: ALL });
    expect(product.lines.filter(({ msg }) => /vantage point/.test(String(msg)))).toHaveLength(2);
  });

  it('the cut of one site is not blindness: its devices are down', async () => {
    const at = Date.now();
    network.switchSubnet(NORTH, false);
    await eventually(async () => expect(await lab.tally()).toEqual({ up: ALL - SITE, down: SITE }), {
      timeoutMs: 45_000,
    });
    expect((await lab.probes()).vantage.blind).toBe(false);
    expect(new Set((await lab.list('?state=down')).map((each) => each.site?.name))).toEqual(new Set(['north']));
    network.switchSubnet(NORTH, true);
    await allUp();
    expect(await changesTo(at)).toEqual({ down: SITE, up: SITE });
  });

  it('behind a parent that is down nothing is down: one down, thirty unreachable', async () => {
    const at = Date.now();
    network.switchSubnet(BEHIND, false);
    await eventually(
      async () => expect(await lab.tally()).toEqual({ up: PLAIN + SITE, down: 1, unreachable: CHILDREN }),
      { timeoutMs: 45_000 },
    );
    expect((await lab.list('?state=down')).map(({ name }) => name)).toEqual(['gateway']);
    network.switchSubnet(BEHIND, true);
    await allUp();
    expect(await changesTo(at)).toEqual({ down: 1, unreachable: CHILDREN, up: CHILDREN + 1 });
  });
});
