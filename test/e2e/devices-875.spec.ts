import { createServer, type Server } from 'node:net';
import type { AvailabilityDto } from '../../src/probes/reports/availability/availability.dto.js';
import type { StatsSummary } from '../../src/probes/reports/summary/stats-summary.dto.js';
import type { StateEventDto } from '../../src/probes/reports/device/device-reports.dto.js';
import { DeadNetwork, missingNetns } from '../support/dead-network.js';
import { DeviceLab } from '../support/device-lab.js';
import { eventually } from '../support/eventually.js';
import { EventStream } from '../support/event-stream.js';
import { FakeFpings, missingFping } from '../support/fake-fping.js';
import { query, startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { ADMIN_TOKEN, databaseUrl, freePort, Product } from '../support/product.js';
import { describeWith } from '../support/requires.js';

jest.setTimeout(120_000);

const DEVICES = 875;
const BY_CSV = 400;
const INTERVAL_SECONDS = 3;
const DOWN_AFTER = 3;
const UP_AFTER = 2;
const SWITCHED = '10.99.0.7';
/** A few cycles on a busy machine. */
const CYCLES = { timeoutMs: 60_000 };
/** On loopback answers come at once, unless the machine is busy. */
const TIMEOUT_MS = 900;

/** 873 that always answer, one address that is switched off and on, and one TCP port that is closed and opened. */
describeWith('875 devices on loopback', missingFping() ?? missingNetns(), () => {
  const fpings = new FakeFpings();
  let network: DeadNetwork;
  let postgres: TestPostgres;
  let database: Awaited<ReturnType<TestPostgres['createEmptyDatabase']>>;
  let product: Product;
  let lab: DeviceLab;
  let stream: EventStream;
  let listener: Server | undefined;
  let port: number;
  const idOf = new Map<string, string>();

  beforeAll(async () => {
    network = DeadNetwork.create();
    network.switch(SWITCHED, true);
    [postgres, port] = await Promise.all([startTestPostgres(), freePort()]);
    await open();
    database = await postgres.createEmptyDatabase();
    product = await Product.start({
      env: { DATABASE_URL: databaseUrl(database), SWARMWARD_FPING_PATH: fpings.script(network.fping) },
    });
    lab = new DeviceLab(product);
    stream = await EventStream.open(product.port, '/api/v1/stream', { authorization: `Bearer ${ADMIN_TOKEN}` });
  });
  afterAll(async () => {
    stream?.leave();
    await product?.stop();
    await shut();
    await postgres?.stop();
    network?.remove();
    fpings.remove();
  });

  async function open(): Promise<void> {
    listener = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => listener!.listen(port, '127.0.0.1', resolve));
  }
  async function shut(): Promise<void> {
    const closing = listener;
    listener = undefined;
    if (closing) await new Promise((resolve) => closing.close(resolve));
  }
  const sql = <Row>(text: string): Promise<Row[]> => query<Row>(database, text);
  const addressOf = (index: number): string => `127.${1 + Math.floor(index / 250)}.0.${1 + (index % 250)}`;
  const told = (id: string, to: string) =>
    stream.events.filter(
      ({ event, data }) => event === 'device.state' && data['device_id'] === id && data['to'] === to,
    );
  /** The event of a change, and the results that had been written when it was. */
  async function change(id: string, to: string): Promise<{ event: StateEventDto; before: string[] }> {
    const event = (await lab.events(id)).findLast((each) => each.to === to)!;
    const seen = (await lab.pings(id)).filter(({ at }) => at <= event.recorded_at);
    return { event, before: seen.map(({ status }) => status) };
  }
  const lastRun = (statuses: string[], status: string): number =>
    statuses.length - 1 - statuses.findLastIndex((each) => each !== status);

  it('are all up two cycles after their import, with real times, and the list answers all of them', async () => {
    await lab.create('/api/v1/profiles', {
      name: 'fast',
      ping_interval_seconds: INTERVAL_SECONDS,
      packets: 2,
      timeout_ms: TIMEOUT_MS,
      down_after: DOWN_AFTER,
      up_after: UP_AFTER,
    });
    const plain = Array.from({ length: DEVICES - 2 }, (_, index) => ({
      name: `host-${index}`,
      ip: addressOf(index),
      profile: 'fast',
      tags: ['loopback'],
    }));
    const rows = plain.slice(0, BY_CSV).map(({ name, ip, profile, tags }) => `${name},${ip},${profile},${tags[0]}`);
    const byCsv = await lab.import(`name,ip,profile,tags\n${rows.join('\n')}\n`);
    const byJson = await lab.import([
      ...plain.slice(BY_CSV),
      { name: 'switched', ip: SWITCHED, profile: 'fast' },
      { name: 'port', ip: '127.0.0.1', profile: 'fast', check_kind: 'tcp', port },
    ]);
    expect([byCsv.created, byJson.created]).toEqual([BY_CSV, DEVICES - BY_CSV]);
    for (const { name, id } of [...byCsv.rows, ...byJson.rows]) idOf.set(name!, id!);

    await eventually(async () => expect(await lab.tally()).toEqual({ up: DEVICES }), CYCLES);
    const counted = await sql<{ cycles: number; devices: number }>(
      `SELECT cycles::int, count(*)::int AS devices FROM (
         SELECT e.device_num, count(*) FILTER (WHERE r.ts <= e.recorded_at) AS cycles
         FROM state_events e JOIN ping_results r ON r.device_num = e.device_num WHERE e.to_state = 'up' GROUP BY 1
       ) each GROUP BY 1`,
    );
    expect(counted).toEqual([{ cycles: UP_AFTER, devices: DEVICES }]);

    const listed = await lab.list();
    expect(listed).toHaveLength(DEVICES);
    expect(new Set(listed.map(({ ping_status, available }) => `${ping_status} ${available}`))).toEqual(
      new Set(['Up Available']),
    );
    const times = listed.map(({ ping_response_time: time }) => time!);
    expect(times.filter((time) => !(time > 0 && time < TIMEOUT_MS))).toEqual([]);
    expect(times.filter((time) => time < 1).length).toBeGreaterThan(DEVICES / 10);
    expect(times.filter(Number.isInteger).length).toBeLessThan(DEVICES / 5);
  });

  it.each([
    ['an address that stops answering', 'switched', () => network.switch(SWITCHED, false), 'timeout'],
    ['a port that is closed', 'port', shut, 'refused'],
  ])('%s is down after exactly the failed cycles of its profile', async (_, name, lose) => {
    const id = idOf.get(name)!;
    await lose();
    await eventually(async () => expect((await lab.state(id)).state).toBe('down'), CYCLES);
    const { event, before } = await change(id, 'down');
    expect(event).toMatchObject({ from: 'up', cause: 'probe' });
    expect(lastRun(before, 'failed')).toBe(DOWN_AFTER);
    const pings = await lab.pings(id);
    expect(pings[pings.findLastIndex(({ status }) => status !== 'failed') + 1]).toMatchObject({
      at: event.at,
      received: 0,
      loss_percent: 100,
      rtt_min_ms: null,
      rtt_avg_ms: null,
      rtt_max_ms: null,
      jitter_ms: null,
    });
    await eventually(() => expect(told(id, 'down')).toHaveLength(1));
    expect((await lab.list(`?q=${name}`)).find((each) => each.id === id)).toMatchObject({
      available: 'Unavailable',
      ping_status: 'Down',
      ping_response_time: null,
      down_since: event.at,
      problems: 1,
    });
  });

  it('reports of one device and of all agree with each other', async () => {
    const summary = await lab.get<StatsSummary>('/api/v1/devices/stats/summary');
    expect(summary).toMatchObject({ total: DEVICES, enabled: DEVICES, by_state: { up: DEVICES - 2, down: 2 } });
    expect(await lab.tally()).toEqual({ up: DEVICES - 2, down: 2 });
    for (const name of ['switched', 'port', 'host-0', `host-${DEVICES - 3}`]) {
      const id = idOf.get(name)!;
      const [state, pings, events] = await Promise.all([lab.state(id), lab.pings(id), lab.events(id)]);
      expect(events.at(-1)).toMatchObject({ to: state.state, at: state.since });
      // Cycles may have been written between the answers.
      expect(pings.slice(-10)).toContainEqual(
        expect.objectContaining({ at: state.last_at, status: state.outcome, rtt_avg_ms: state.rtt_avg_ms }),
      );
      expect(state.down_since).toBe(state.state === 'down' ? events.at(-1)!.at : null);
    }
  });

  it.each([
    ['the address', 'switched', () => network.switch(SWITCHED, true)],
    ['the port', 'port', open],
  ])(
    '%s is up again after exactly the good cycles of its profile, and that was one outage',
    async (_, name, restore) => {
      const id = idOf.get(name)!;
      await restore();
      await eventually(async () => expect((await lab.state(id)).state).toBe('up'), CYCLES);
      const { event, before } = await change(id, 'up');
      const down = (await lab.events(id)).findLast(({ to }) => to === 'down')!;
      expect(event).toMatchObject({ from: 'down', cause: 'probe' });
      expect(lastRun(before, 'ok')).toBe(UP_AFTER);
      await eventually(() => expect(told(id, 'up').map(({ data }) => data['from'])).toContain('down'));
      const availability = await lab.get<AvailabilityDto>(`/api/v1/devices/${id}/availability`);
      const seconds = (Date.parse(event.at) - Date.parse(down.at)) / 1_000;
      expect(availability).toMatchObject({ outages: 1, outage_list: [{ from: down.at, to: event.at }] });
      expect(availability.seconds_down).toBeCloseTo(seconds, 2);
      expect(availability.percent).toBeCloseTo(
        (100 * availability.seconds_up) / (availability.seconds_up + availability.seconds_down),
        2,
      );
    },
  );

  it('were probed once a cycle, and none was called down but the two', async () => {
    expect((await lab.tally())['up']).toBe(DEVICES);
    expect(
      await sql(`SELECT d.name, count(*)::int AS times FROM state_events e JOIN devices d ON d.num = e.device_num
                 WHERE e.to_state = 'down' GROUP BY 1 ORDER BY 1`),
    ).toEqual([
      { name: 'port', times: 1 },
      { name: 'switched', times: 1 },
    ]);
    expect(
      await sql(`SELECT kind, due_at FROM cycles c WHERE targets <> (
                   SELECT count(*) FROM ping_results r JOIN devices d ON d.num = r.device_num
                   WHERE r.ts >= c.started_at AND r.ts < c.due_at + make_interval(secs => c.interval_seconds)
                     AND (d.check_kind = 'icmp') = (c.kind LIKE 'ping-%'))`),
    ).toEqual([]);
    expect(product.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });
});
