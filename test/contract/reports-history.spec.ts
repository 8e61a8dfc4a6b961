import { availabilityRowSchema, availabilitySchema } from '../../src/probes/reports/availability/availability.dto.js';
import { pingSchema, rollupsSchema, type RollupsDto } from '../../src/probes/reports/device/device-reports.dto.js';
import { countStatements } from '../support/count-statements.js';
import { at, DAY_MS, type DeviceReportsLab, startDeviceReportsLab, TODAY } from '../support/device-reports-lab.js';
import { addEvents, fillPings } from '../support/reports-data.js';

type PingsPage = { data: { at: string }[]; page: { next_cursor: string | null; total: number } };

describe('reports on devices', () => {
  let lab: DeviceReportsLab;
  beforeAll(async () => {
    lab = await startDeviceReportsLab();
  });
  beforeEach(() => lab.clear());
  afterAll(() => lab.close());

  it.each(['pings', 'rollups', 'availability'])('%s: 400 for a range without an instant in it', async (what) => {
    const { id } = await lab.add();
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

  it('pages through the pings of one device, newest first', async () => {
    const { id, num } = await lab.add();
    await fillPings(lab.database, { from: new Date(TODAY - DAY_MS), devices: num + 1, cycles: 120, everySeconds: 30 });
    const times: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const range = `from=${at('1.00:00')}&to=${at('1.00:50')}`;
      const { data, page }: PingsPage = await lab.get<PingsPage>(
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
    const { id, num } = await lab.add();
    await lab.database.query(
      `INSERT INTO ping_results (ts, device_num, sent, received, status, rtt_avg) VALUES
         ($2, $1, 3, 2, 0, 0.048), ($3, $1, 3, 0, 1, NULL), ($4, $1, 0, 0, 2, NULL)`,
      [num, at('0.00:00'), at('1.23:59'), at('1.23:58')],
    );
    const { data } = await lab.get<{ data: unknown[] }>(`${id}/pings?from=${at('1.00:00')}&to=${at('0.12:00')}`);
    expect(data).toMatchObject([
      { status: 'ok', loss_percent: expect.closeTo(33.33, 1), rtt_avg_ms: 0.048 },
      { status: 'failed', loss_percent: 100, rtt_avg_ms: null },
      { status: 'unknown', loss_percent: null, rtt_avg_ms: null },
    ]);
  });

  describe('rollups', () => {
    const read = async (path: string): Promise<RollupsDto> => {
      const { data } = await lab.get<{ data: unknown }>(path);
      return rollupsSchema.parse(data);
    };

    it('out of raw results for a short range, gaps staying gaps', async () => {
      const { id, num } = await lab.add();
      for (const from of ['1.00:00', '1.03:00']) {
        await fillPings(lab.database, { from: new Date(at(from)), devices: num, cycles: 20, everySeconds: 30 });
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
      const { id, num } = await lab.add();
      await lab.database.query(
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
      const { id, num } = await lab.add();
      for (const table of ['ping_5m', 'ping_1h']) {
        await lab.database.query(
          `INSERT INTO ${table} SELECT $2::timestamptz + n * interval '1 hour', $1, 10, 30, CASE n WHEN 0 THEN 30 ELSE 10 END, 300, 0, 0, 0, n, n + 1, n + 2, n + 3
           FROM generate_series(0, 1) n`,
          [num, at('2.00:00')],
        );
      }
      await lab.database.query(
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
      const { id, num } = await lab.add();
      await fillPings(lab.database, {
        from: new Date(at('2.00:00')),
        devices: num,
        cycles: 2 * 2_880,
        everySeconds: 30,
      });
      const { points } = await read(`${id}/rollups?resolution=raw&from=${at('2.00:00')}&to=${at('0.00:00')}`);
      expect(points.length).toBeLessThanOrEqual(1_501);
      expect(points.reduce((sum, { cycles }) => sum + cycles, 0)).toBe(5_760);
    });
  });

  describe('availability', () => {
    it('of a device over a day, unknown and maintenance told apart', async () => {
      const { id, num } = await lab.add();
      await addEvents(lab.database, [
        { num, at: at('3.12:00'), from: null, to: 'up' },
        { num, at: at('2.06:00'), from: 'up', to: 'down' },
        { num, at: at('2.09:00'), from: 'down', to: 'up' },
        { num, at: at('2.12:00'), from: 'up', to: 'up', inMaintenance: true, excused: true, cause: 'maintenance' },
        { num, at: at('2.15:00'), from: 'up', to: 'unknown', cause: 'driver' },
        { num, at: at('2.18:00'), from: 'unknown', to: 'up' },
        { num: num + 1, at: at('2.20:00'), from: 'up', to: 'down' },
      ]);
      const range = `from=${at('2.00:00')}&to=${at('1.00:00')}`;
      const { data } = await lab.get<{ data: unknown }>(`${id}/availability?${range}`);
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
      const { id } = await lab.add();
      const before = Date.now();
      const { data } = await lab.get<{ data: Record<string, unknown> }>(
        `${id}/availability?from=${at('1.00:00')}&to=${new Date(TODAY + 9 * DAY_MS).toISOString()}`,
      );
      expect(data).toMatchObject({ percent: null, seconds_up: 0, outages: 0, outage_list: [], mttr_seconds: null });
      const end = Date.parse(data['to'] as string);
      expect(end >= before && end <= Date.now()).toBe(true);
      expect(data['seconds_unknown']).toBe((end - TODAY + DAY_MS) / 1_000);
    });

    const manyDevices = async () => {
      const [site] = await lab.database.query<[{ id: string }]>(
        `INSERT INTO sites (name) VALUES ('=cmd|calc') RETURNING id`,
      );
      await lab.database.query(
        `INSERT INTO devices (name, ip, profile_id, duplicate_allowed, site_id, tags)
         SELECT 'd' || lpad(n::text, 5, '0'), '10.0.0.1', (SELECT id FROM profiles WHERE is_default), true,
                CASE WHEN n % 2 = 0 THEN $1::uuid END, ARRAY['t' || n % 3] FROM generate_series(1, 2300) n`,
        [site.id],
      );
      await lab.database.query(
        `INSERT INTO state_events (device_num, at, from_state, to_state, cause)
         SELECT num, $1::timestamptz + make_interval(hours => 6 * n), NULL, CASE n % 2 WHEN 0 THEN 'up' ELSE 'down' END, 'probe'
         FROM devices, generate_series(0, 3) n`,
        [at('2.00:00')],
      );
      await lab.database.query(`INSERT INTO groups (name) VALUES ('g')`);
      await lab.database.query(
        `INSERT INTO group_members SELECT g.id, d.id FROM groups g, devices d WHERE d.name IN ('d00001', 'd00002')`,
      );
      return `from=${at('2.00:00')}&to=${at('1.00:00')}`;
    };

    it('of many devices in one statement, as JSON and as CSV', async () => {
      const range = await manyDevices();
      let rows: unknown[] = [];
      const statements = await countStatements(lab.database, async () => {
        rows = (await lab.get<{ data: unknown[] }>(`availability?${range}`)).data;
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
      expect((await lab.get<{ data: unknown[] }>(`availability?${range}&${query}`)).data).toHaveLength(expected);
      const csv = await lab.ask(`/api/v1/devices/availability?format=csv&${range}&${query}`);
      expect(String(csv.body).trimEnd().split('\r\n')).toHaveLength(expected + 1);
    });

    it('refuses what it does not know', async () => {
      for (const query of ['format=xml', 'from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z', 'vendor=x', 'site=']) {
        expect(await lab.ask(`/api/v1/devices/availability?${query}`)).toMatchObject({ status: 400 });
      }
    });
  });
});
