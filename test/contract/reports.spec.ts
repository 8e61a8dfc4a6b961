import type { DataSource } from 'typeorm';
import { StreamTopics } from '../../src/platform/events/stream-topics.service.js';
import { streamCatalogue } from '../../src/platform/events/stream-catalogue.js';
import { availabilityRowSchema, availabilitySchema } from '../../src/probes/reports/availability/availability.dto.js';
import {
  deviceStateSchema,
  pingSchema,
  rollupsSchema,
  type RollupsDto,
  stateEventSchema,
} from '../../src/probes/reports/device/device-reports.dto.js';
import { type StatsSummary, statsSummarySchema } from '../../src/probes/reports/summary/stats-summary.dto.js';
import { countStatements } from '../support/count-statements.js';
import type { HttpLab } from '../support/http-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { addEvents, fillPings, insertDevice, makePartitions } from '../support/reports-data.js';
import { startReportsLab } from '../support/reports-lab.js';
import { UNKNOWN_ID } from '../support/wire.js';

const DAY_MS = 86_400_000;
type PingsPage = { data: { at: string }[]; page: { next_cursor: string | null; total: number } };
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
/** `2.06:30` is half past six on the second day before today. */
const at = (text: string): string => {
  const [days, time] = text.split('.');
  return new Date(TODAY - Number(days) * DAY_MS + Date.parse(`1970-01-01T${time}:00Z`)).toISOString();
};

describe('reports on devices', () => {
  let postgres: TestPostgres;
  let database: DataSource;
  let lab: HttpLab;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    database = await postgres.openDataSource();
    lab = await startReportsLab(database);
    await makePartitions(database, 'ping_results', new Date(TODAY - 3 * DAY_MS), 5);
    await makePartitions(database, 'ping_5m', new Date(TODAY - 3 * DAY_MS), 5);
    await makePartitions(database, 'ping_1h', new Date(TODAY - 3 * DAY_MS), 5);
  });
  afterAll(async () => {
    await lab.close();
    await postgres.stop();
  });
  beforeEach(() =>
    database.query(
      'TRUNCATE devices, sites, groups, state_events, ping_results, ping_5m, ping_1h, rollup_progress CASCADE',
    ),
  );

  const add = async (columns: Record<string, unknown> = {}) => {
    const num = await insertDevice(database, { name: 'one', ...columns });
    const [row] = await database.query<[{ id: string }]>('SELECT id FROM devices WHERE num = $1', [num]);
    return { num, id: row.id };
  };
  const get = async <T = Record<string, unknown>>(path: string): Promise<T> => {
    const { status, body } = await lab.ask(`/api/v1/devices/${path}`);
    expect({ status, body }).toMatchObject({ status: 200, body: expect.anything() });
    return body as T;
  };

  it.each(['state', 'pings', 'rollups', 'events', 'availability'])(
    '%s: 404 for a device that is not there, 400 for no id',
    async (what) => {
      expect(await lab.ask(`/api/v1/devices/${UNKNOWN_ID}/${what}`)).toMatchObject({
        status: 404,
        body: { code: 'device_not_found' },
      });
      expect(await lab.ask(`/api/v1/devices/7/${what}`)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
    },
  );

  it.each(['pings', 'rollups', 'availability'])('%s: 400 for a range without an instant in it', async (what) => {
    const { id } = await add();
    for (const query of [
      'from=2026-11-20T00:00:00Z&to=2026-11-20T00:00:00Z',
      'from=yesterday',
      'from=2010-01-01T00:00:00Z',
      'day=1',
    ]) {
      expect(await lab.ask(`/api/v1/devices/${id}/${what}?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
    }
  });

  describe('state', () => {
    it('of a device that was never probed', async () => {
      const { id } = await add();
      const { data } = await get<{ data: unknown }>(`${id}/state`);
      expect(deviceStateSchema.parse(data)).toMatchObject({
        state: 'unknown',
        last_known_state: null,
        hard: null,
        since: null,
        cause: null,
        loss_percent: null,
        rtt_avg_ms: null,
        last_at: null,
        outcome: null,
        in_maintenance: false,
        samples: [],
      });
    });

    it('with the samples of the last ten minutes and their times', async () => {
      const second = Math.floor(Date.now() / 1_000);
      const ring = [second - 700, second - 60, second - 30];
      const { id, num } = await add();
      await database.query(
        `INSERT INTO device_state (device_num, state, hard, since, cause, last_at, outcome, sent, received, loss_percent, rtt_avg, detail,
                                   ring_at, ring_loss, ring_rtt)
         VALUES ($1, 'up', false, now(), 'probe', '2026-11-21T05:12:40.049Z', 'failed', 3, 0, 100, NULL, '{"status": 503}',
                 $2, '{0,0,100}', '{1,0.05,NULL}')`,
        [num, ring],
      );
      const { data } = await get<{ data: unknown }>(`${id}/state`);
      expect(deviceStateSchema.parse(data)).toMatchObject({
        state: 'up',
        hard: false,
        last_at: '2026-11-21T05:12:40.049Z',
        outcome: 'failed',
        rtt_avg_ms: null,
        detail: { status: 503 },
        samples: [
          { at: new Date(ring[1]! * 1_000).toISOString(), rtt_ms: 0.05, loss_percent: 0 },
          { at: new Date(ring[2]! * 1_000).toISOString(), rtt_ms: null, loss_percent: 100 },
        ],
      });
    });
  });

  describe('of a device that nobody probes any more', () => {
    const stale = async (columns: Record<string, unknown> = {}, state = 'up') => {
      const device = await add(columns);
      await database.query(
        `INSERT INTO device_state (device_num, state, last_known_state, since, cause, last_at, fresh_until, outcome, rtt_avg)
         VALUES ($1, $2, 'up', $3::timestamptz, 'probe', $4::timestamptz, $4::timestamptz + interval '90 seconds', 'ok', 1)`,
        [device.num, state, at('3.00:00'), at('1.12:00')],
      );
      await addEvents(database, [{ num: device.num, at: at('3.00:00'), from: null, to: state }]);
      return device;
    };

    it('the state is unknown since an interval after the last probe', async () => {
      const { id } = await stale();
      const { data } = await get<{ data: unknown }>(`${id}/state`);
      expect(deviceStateSchema.parse(data)).toMatchObject({
        state: 'unknown',
        cause: 'not_probed',
        last_known_state: 'up',
        since: at('1.12:00').replace(':00.', ':30.'),
        last_at: at('1.12:00'),
      });
    });

    it('a maintenance without probes made nothing unknown before its end', async () => {
      const { id, num } = await stale();
      await database.query(
        `UPDATE device_state SET maintenance_until = $2::timestamptz, fresh_until = $2::timestamptz + interval '90 seconds' WHERE device_num = $1`,
        [num, at('1.18:00')],
      );
      const { data } = await get<{ data: unknown }>(`${id}/state`);
      expect(data).toMatchObject({ state: 'unknown', since: at('1.18:00').replace(':00.', ':30.') });
    });

    it('what was unknown before stays so for its own reason; nobody expects more of a disabled device', async () => {
      const { id } = await stale({}, 'unknown');
      expect((await get<{ data: unknown }>(`${id}/state`)).data).toMatchObject({
        cause: 'probe',
        since: at('3.00:00'),
      });
      const disabled = await stale({ enabled: false, name: 'off' });
      expect((await get<{ data: unknown }>(`${disabled.id}/state`)).data).toMatchObject({
        state: 'up',
        cause: 'probe',
      });
    });

    it('the sums and its availability know', async () => {
      const { id } = await stale();
      const { data } = await get<{ data: StatsSummary }>('stats/summary');
      expect(data.by_state).toEqual({ up: 0, down: 0, unreachable: 0, unknown: 1 });
      const range = `from=${at('1.00:00')}&to=${at('0.00:00')}`;
      const known = { seconds_up: 12 * 3_600 + 30, seconds_unknown: 12 * 3_600 - 30, percent: 100 };
      expect((await get<{ data: unknown }>(`${id}/availability?${range}`)).data).toMatchObject(known);
      expect((await get<{ data: unknown[] }>(`availability?${range}`)).data).toMatchObject([known]);
    });
  });

  it('pages through the pings of one device, newest first', async () => {
    const { id, num } = await add();
    await fillPings(database, { from: new Date(TODAY - DAY_MS), devices: num + 1, cycles: 120, everySeconds: 30 });
    const times: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const range = `from=${at('1.00:00')}&to=${at('1.00:50')}`;
      const { data, page }: PingsPage = await get<PingsPage>(
        `${id}/pings?limit=30&${range}${cursor && `&cursor=${cursor}`}`,
      );
      for (const ping of data) pingSchema.parse(ping);
      expect(page.total).toBe(100);
      times.push(...data.map((ping) => ping.at));
      cursor = page.next_cursor;
    }
    expect(times).toEqual(
      Array.from({ length: 100 }, (_, n) => new Date(TODAY - DAY_MS + (99 - n) * 30_000).toISOString()),
    );
  });

  it('tells a failed and an unknown ping', async () => {
    const { id, num } = await add();
    await database.query(
      `INSERT INTO ping_results (ts, device_num, sent, received, status, rtt_avg) VALUES
         ($2, $1, 3, 2, 0, 0.048), ($3, $1, 3, 0, 1, NULL), ($4, $1, 0, 0, 2, NULL)`,
      [num, at('0.00:00'), at('1.23:59'), at('1.23:58')],
    );
    const { data } = await get<{ data: unknown[] }>(`${id}/pings?from=${at('1.00:00')}&to=${at('0.12:00')}`);
    expect(data).toMatchObject([
      { status: 'ok', loss_percent: expect.closeTo(33.33, 1), rtt_avg_ms: 0.048 },
      { status: 'failed', loss_percent: 100, rtt_avg_ms: null },
      { status: 'unknown', loss_percent: null, rtt_avg_ms: null },
    ]);
  });

  describe('rollups', () => {
    const read = async (path: string): Promise<RollupsDto> => {
      const { data } = await get<{ data: unknown }>(path);
      return rollupsSchema.parse(data);
    };

    it('out of raw results for a short range, gaps staying gaps', async () => {
      const { id, num } = await add();
      for (const from of ['1.00:00', '1.03:00']) {
        await fillPings(database, { from: new Date(at(from)), devices: num, cycles: 20, everySeconds: 30 });
      }
      const { resolution, step_seconds, points, complete_until } = await read(
        `${id}/rollups?from=${at('1.00:00')}&to=${at('1.12:00')}`,
      );
      expect({ resolution, step_seconds, complete_until }).toEqual({
        resolution: 'raw',
        step_seconds: 30,
        complete_until: null,
      });
      expect(points).toHaveLength(40);
      expect([points[19]!.at, points[20]!.at]).toEqual([at('1.00:09').replace(':00.', ':30.'), at('1.03:00')]);
      expect(points[0]).toMatchObject({ cycles: 1, sent: 3, seconds_up: null });
    });

    it('whole points from the first on, whose cycles are the probes that had a result', async () => {
      const { id, num } = await add();
      await database.query(
        `INSERT INTO ping_results (ts, device_num, sent, received, status, rtt_avg) VALUES
           ($2, $1, 3, 3, 0, 1), ($2::timestamptz + interval '5 s', $1, 3, 0, 1, NULL), ($2::timestamptz + interval '8 s', $1, 0, 0, 2, NULL),
           ($2::timestamptz + interval '40 s', $1, 0, 0, 2, NULL)`,
        [num, at('1.00:00')],
      );
      const later = at('1.00:00').replace(':00.000', ':07.000');
      const { from, step_seconds, points } = await read(`${id}/rollups?from=${later}&to=${at('1.12:00')}`);
      expect({ from, step_seconds }).toEqual({ from: at('1.00:00'), step_seconds: 30 });
      expect(points).toMatchObject([
        { at: at('1.00:00'), cycles: 2, sent: 6, received: 3, loss_percent: 50 },
        { cycles: 0, sent: 0, received: 0, loss_percent: null },
      ]);
    });

    it('out of five minutes and hours for longer ones, answers weighing', async () => {
      const { id, num } = await add();
      for (const table of ['ping_5m', 'ping_1h']) {
        await database.query(
          `INSERT INTO ${table} SELECT $2::timestamptz + n * interval '1 hour', $1, 10, 30, CASE n WHEN 0 THEN 30 ELSE 10 END, 300, 0, 0, 0, n, n + 1, n + 2, n + 3
           FROM generate_series(0, 1) n`,
          [num, at('2.00:00')],
        );
      }
      await database.query(
        `INSERT INTO rollup_progress (name, sealed_until, done_until) VALUES ('ping_5m', now(), $1)`,
        [at('1.00:00')],
      );
      const range = `from=${at('2.00:00')}&to=${at('1.00:00')}`;
      expect(await read(`${id}/rollups?${range}`)).toMatchObject({
        resolution: '5m',
        step_seconds: 300,
        complete_until: at('1.00:00'),
        points: [{}, {}],
      });
      const year = `from=${new Date(TODAY - 700 * DAY_MS).toISOString()}&to=${at('0.00:00')}`;
      const { resolution, step_seconds, points, complete_until } = await read(`${id}/rollups?${year}`);
      expect({ resolution, step_seconds, complete_until }).toEqual({
        resolution: '1h',
        step_seconds: 43_200,
        complete_until: null,
      });
      expect(points).toEqual([
        expect.objectContaining({
          at: at('2.00:00'),
          cycles: 20,
          sent: 60,
          received: 40,
          seconds_up: 600,
          rtt_min_ms: 0,
          rtt_avg_ms: 1.25,
          rtt_max_ms: 3,
          rtt_p95_ms: 4,
          loss_percent: expect.closeTo(33.33, 1),
        }),
      ]);
      expect(await read(`${id}/rollups?resolution=1h&${range}`)).toMatchObject({ resolution: '1h' });
    });

    it('never in more points than a chart can show', async () => {
      const { id, num } = await add();
      await fillPings(database, { from: new Date(at('2.00:00')), devices: num, cycles: 2 * 2_880, everySeconds: 30 });
      const { points } = await read(`${id}/rollups?resolution=raw&from=${at('2.00:00')}&to=${at('0.00:00')}`);
      expect(points.length).toBeLessThanOrEqual(1_501);
      expect(points.reduce((sum, { cycles }) => sum + cycles, 0)).toBe(5_760);
    });
  });

  it('pages through the changes of state, newest first', async () => {
    const { id, num } = await add();
    await addEvents(database, [
      { num, at: at('2.00:00'), from: null, to: 'up' },
      { num, at: at('1.00:00'), from: 'up', to: 'down' },
      { num: num + 1, at: at('1.00:00'), from: 'up', to: 'down' },
      { num, at: at('1.01:00'), from: 'down', to: 'down', inMaintenance: true, cause: 'maintenance' },
    ]);
    const { data, page } = await get<{ data: unknown[]; page: object }>(`${id}/events?limit=2`);
    expect(page).toMatchObject({ total: 3, next_cursor: expect.any(String) });
    for (const event of data) stateEventSchema.parse(event);
    expect(data).toMatchObject([
      { cause: 'maintenance', in_maintenance: true },
      { from: 'up', to: 'down', at: at('1.00:00') },
    ]);
    expect((await get<{ data: unknown[] }>(`${id}/events?to=${at('1.00:00')}`)).data).toHaveLength(1);
  });

  it('sums up in one statement', async () => {
    const [site] = await database.query<[{ id: string }]>(`INSERT INTO sites (name) VALUES ('S') RETURNING id`);
    const nums = [];
    for (const columns of [
      {},
      {},
      { site_id: site.id },
      { site_id: site.id, device_type: 'router' },
      { enabled: false, device_type: 'old' },
      {},
    ]) {
      nums.push((await add(columns)).num);
    }
    const states = ['up', 'down', 'down', 'unreachable', 'unknown'];
    for (const [index, state] of states.entries()) {
      await database.query(
        `INSERT INTO device_state (device_num, state, since, cause, flapping, in_maintenance, blind) VALUES ($1, $2, now(), 'probe', $3, $3, false)`,
        [nums[index], state, index === 1],
      );
    }
    let summary: StatsSummary;
    const statements = await countStatements(database, async () => {
      summary = statsSummarySchema.parse((await get<{ data: unknown }>('stats/summary')).data);
    });
    expect(statements).toBe(1);
    expect(summary!).toEqual({
      total: 6,
      enabled: 5,
      disabled: 1,
      in_maintenance: 1,
      flapping: 1,
      blind: 0,
      by_state: { up: 1, down: 2, unreachable: 1, unknown: 1 },
      by_type: [
        { device_type: null, total: 4, up: 1, down: 2, unreachable: 0, unknown: 1 },
        { device_type: 'router', total: 1, up: 0, down: 0, unreachable: 1, unknown: 0 },
      ],
      by_site: [
        { site_id: site.id, name: 'S', total: 2, up: 0, down: 1, unreachable: 1, unknown: 0 },
        { site_id: null, name: null, total: 3, up: 1, down: 1, unreachable: 0, unknown: 1 },
      ],
    });
  });

  it('sums up nothing as well', async () => {
    expect((await get<{ data: unknown }>('stats/summary')).data).toMatchObject({ total: 0, by_type: [], by_site: [] });
  });

  describe('availability', () => {
    it('of a device over a day, unknown and maintenance told apart', async () => {
      const { id, num } = await add();
      await addEvents(database, [
        { num, at: at('3.12:00'), from: null, to: 'up' },
        { num, at: at('2.06:00'), from: 'up', to: 'down' },
        { num, at: at('2.09:00'), from: 'down', to: 'up' },
        { num, at: at('2.12:00'), from: 'up', to: 'up', inMaintenance: true, excused: true, cause: 'maintenance' },
        { num, at: at('2.15:00'), from: 'up', to: 'unknown', cause: 'driver' },
        { num, at: at('2.18:00'), from: 'unknown', to: 'up' },
        { num: num + 1, at: at('2.20:00'), from: 'up', to: 'down' },
      ]);
      const range = `from=${at('2.00:00')}&to=${at('1.00:00')}`;
      const { data } = await get<{ data: unknown }>(`${id}/availability?${range}`);
      expect(availabilitySchema.parse(data)).toMatchObject({
        device_id: id,
        name: 'one',
        from: at('2.00:00'),
        to: at('1.00:00'),
        seconds_up: 15 * 3_600,
        seconds_down: 3 * 3_600,
        seconds_unknown: 3 * 3_600,
        seconds_maintenance: 3 * 3_600,
        seconds_unreachable: 0,
        percent: expect.closeTo(83.333, 2),
        outages: 1,
        mttr_seconds: 3 * 3_600,
        outage_list: [{ from: at('2.06:00'), to: at('2.09:00'), seconds: 3 * 3_600, cause: 'probe' }],
      });
    });

    it('stops at now, and knows nothing of what was never probed', async () => {
      const { id } = await add();
      const before = Date.now();
      const { data } = await get<{ data: Record<string, unknown> }>(
        `${id}/availability?from=${at('1.00:00')}&to=${new Date(TODAY + 9 * DAY_MS).toISOString()}`,
      );
      expect(data).toMatchObject({ percent: null, seconds_up: 0, outages: 0, outage_list: [], mttr_seconds: null });
      const end = Date.parse(data['to'] as string);
      expect(end >= before && end <= Date.now()).toBe(true);
      expect(data['seconds_unknown']).toBe((end - TODAY + DAY_MS) / 1_000);
    });

    const manyDevices = async () => {
      const [site] = await database.query<[{ id: string }]>(
        `INSERT INTO sites (name) VALUES ('=cmd|calc') RETURNING id`,
      );
      await database.query(
        `INSERT INTO devices (name, ip, profile_id, duplicate_allowed, site_id, tags)
         SELECT 'd' || lpad(n::text, 5, '0'), '10.0.0.1', (SELECT id FROM profiles WHERE is_default), true,
                CASE WHEN n % 2 = 0 THEN $1::uuid END, ARRAY['t' || n % 3] FROM generate_series(1, 2300) n`,
        [site.id],
      );
      await database.query(
        `INSERT INTO state_events (device_num, at, from_state, to_state, cause)
         SELECT num, $1::timestamptz + make_interval(hours => 6 * n), NULL, CASE n % 2 WHEN 0 THEN 'up' ELSE 'down' END, 'probe'
         FROM devices, generate_series(0, 3) n`,
        [at('2.00:00')],
      );
      await database.query(`INSERT INTO groups (name) VALUES ('g')`);
      await database.query(
        `INSERT INTO group_members SELECT g.id, d.id FROM groups g, devices d WHERE d.name IN ('d00001', 'd00002')`,
      );
      return `from=${at('2.00:00')}&to=${at('1.00:00')}`;
    };

    it('of many devices in one statement, as JSON and as CSV', async () => {
      const range = await manyDevices();
      let rows: unknown[] = [];
      const statements = await countStatements(database, async () => {
        rows = (await get<{ data: unknown[] }>(`availability?${range}`)).data;
      });
      expect(statements).toBe(1);
      expect(rows).toHaveLength(2_300);
      expect(rows.map((row) => availabilityRowSchema.parse(row).name)).toEqual(
        Array.from({ length: 2_300 }, (_, n) => `d${String(n + 1).padStart(5, '0')}`),
      );
      expect(new Set(rows.map((row) => availabilityRowSchema.parse(row).percent))).toEqual(new Set([50]));
      const answer = await lab.ask(`/api/v1/devices/availability?format=csv&${range}`);
      expect(answer.headers).toMatchObject({
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': 'attachment; filename="availability.csv"',
      });
      const lines = String(answer.body).split('\r\n');
      expect(lines).toHaveLength(2_302);
      expect(lines[0]).toMatch(/^device_id,name,ip,site,from,to,percent,/);
      expect(lines[2]).toContain(`,'=cmd|calc,`);
    });

    it.each([
      ['site=%3Dcmd%7Ccalc', 1_150],
      ['tag=t1', 767],
      ['group=g', 2],
      ['group=g&tag=t1', 1],
      ['site=none', 0],
    ])('of those of %s', async (query, expected) => {
      const range = await manyDevices();
      expect((await get<{ data: unknown[] }>(`availability?${range}&${query}`)).data).toHaveLength(expected);
      const csv = await lab.ask(`/api/v1/devices/availability?format=csv&${range}&${query}`);
      expect(String(csv.body).trimEnd().split('\r\n')).toHaveLength(expected + 1);
    });

    it('refuses what it does not know', async () => {
      for (const query of ['format=xml', 'from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z', 'vendor=x', 'site=']) {
        expect(await lab.ask(`/api/v1/devices/availability?${query}`)).toMatchObject({ status: 400 });
      }
    });
  });

  describe('on the stream', () => {
    const translate = (events: { first: number; last: number; count: number } | null) =>
      lab.app
        .get(StreamTopics)
        .translate({ kind: 'probe_cycle', cycle: 'ping-30', shard: 0, due_at: at('0.00:00'), events });

    it('a cycle’s changes of state are read in one statement', async () => {
      const { id, num } = await add();
      const ids = await addEvents(database, [
        { num, at: at('1.00:00'), from: null, to: 'up' },
        { num, at: at('1.01:00'), from: 'up', to: 'down' },
        { num: num + 1_000, at: at('1.01:00'), from: 'up', to: 'down' },
      ]);
      const all = { first: ids[0]!, last: ids[2]!, count: 3 };
      expect(await countStatements(database, () => translate(all))).toBe(1);
      const events = await translate(all);
      for (const { data } of events) streamCatalogue['device.state'].schema.parse(data);
      expect(events).toMatchObject([
        { event: 'device.state', data: { device_id: id, device_name: 'one', from: null, to: 'up', at: at('1.00:00') } },
        { event: 'device.state', data: { device_id: id, from: 'up', to: 'down', cause: 'probe' } },
      ]);
      expect(await countStatements(database, () => translate(null))).toBe(0);
    });

    it('more than can be told one by one are not even read', async () => {
      const { num } = await add();
      const ids = await addEvents(
        database,
        Array.from({ length: 600 }, () => ({ num, at: at('1.00:00'), from: 'up', to: 'down' })),
      );
      expect(await translate({ first: ids[0]!, last: ids.at(-1)!, count: 600 })).toHaveLength(501);
    });
  });
});
