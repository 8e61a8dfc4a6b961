import { StreamTopics } from '../../src/platform/events/stream-topics.service.js';
import { streamCatalogue } from '../../src/platform/events/stream-catalogue.js';
import { deviceStateSchema, stateEventSchema } from '../../src/probes/reports/device/device-reports.dto.js';
import { type StatsSummary, statsSummarySchema } from '../../src/probes/reports/summary/stats-summary.dto.js';
import { countStatements } from '../support/count-statements.js';
import { at, type DeviceReportsLab, startDeviceReportsLab } from '../support/device-reports-lab.js';
import { addEvents } from '../support/reports-data.js';
import { UNKNOWN_ID } from '../support/wire.js';

describe('reports on devices', () => {
  let lab: DeviceReportsLab;
  beforeAll(async () => {
    lab = await startDeviceReportsLab();
  });
  beforeEach(() => lab.clear());
  afterAll(() => lab.close());

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

  describe('state', () => {
    it('of a device that was never probed', async () => {
      const { id } = await lab.add();
      const { data } = await lab.get<{ data: unknown }>(`${id}/state`);
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
      const { id, num } = await lab.add();
      await lab.database.query(
        `INSERT INTO device_state (device_num, state, hard, since, cause, last_at, outcome, sent, received, loss_percent, rtt_avg, detail,
                                   ring_at, ring_loss, ring_rtt)
         VALUES ($1, 'up', false, now(), 'probe', '2026-11-21T05:12:40.049Z', 'failed', 3, 0, 100, NULL, '{"status": 503}',
                 $2, '{0,0,100}', '{1,0.05,NULL}')`,
        [num, ring],
      );
      const { data } = await lab.get<{ data: unknown }>(`${id}/state`);
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
      const device = await lab.add(columns);
      await lab.database.query(
        `INSERT INTO device_state (device_num, state, last_known_state, since, cause, last_at, fresh_until, outcome, rtt_avg)
         VALUES ($1, $2, 'up', $3::timestamptz, 'probe', $4::timestamptz, $4::timestamptz + interval '90 seconds', 'ok', 1)`,
        [device.num, state, at('3.00:00'), at('1.12:00')],
      );
      await addEvents(lab.database, [{ num: device.num, at: at('3.00:00'), from: null, to: state }]);
      return device;
    };

    it('the state is unknown since an interval after the last probe', async () => {
      const { id } = await stale();
      const { data } = await lab.get<{ data: unknown }>(`${id}/state`);
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
      await lab.database.query(
        `UPDATE device_state SET maintenance_until = $2::timestamptz, fresh_until = $2::timestamptz + interval '90 seconds' WHERE device_num = $1`,
        [num, at('1.18:00')],
      );
      const { data } = await lab.get<{ data: unknown }>(`${id}/state`);
      expect(data).toMatchObject({ state: 'unknown', since: at('1.18:00').replace(':00.', ':30.') });
    });

    it('what was unknown before stays so for its own reason; nobody expects more of a disabled device', async () => {
      const { id } = await stale({}, 'unknown');
      expect((await lab.get<{ data: unknown }>(`${id}/state`)).data).toMatchObject({
        cause: 'probe',
        since: at('3.00:00'),
      });
      const disabled = await stale({ enabled: false, name: 'off' });
      expect((await lab.get<{ data: unknown }>(`${disabled.id}/state`)).data).toMatchObject({
        state: 'up',
        cause: 'probe',
      });
    });

    it('the sums and its availability know', async () => {
      const { id } = await stale();
      const { data } = await lab.get<{ data: StatsSummary }>('stats/summary');
      expect(data.by_state).toEqual({ up: 0, down: 0, unreachable: 0, unknown: 1 });
      const range = `from=${at('1.00:00')}&to=${at('0.00:00')}`;
      const known = { seconds_up: 12 * 3_600 + 30, seconds_unknown: 12 * 3_600 - 30, percent: 100 };
      expect((await lab.get<{ data: unknown }>(`${id}/availability?${range}`)).data).toMatchObject(known);
      expect((await lab.get<{ data: unknown[] }>(`availability?${range}`)).data).toMatchObject([known]);
    });
  });

  it('pages through the changes of state, newest first', async () => {
    const { id, num } = await lab.add();
    await addEvents(lab.database, [
      { num, at: at('2.00:00'), from: null, to: 'up' },
      { num, at: at('1.00:00'), from: 'up', to: 'down' },
      { num: num + 1, at: at('1.00:00'), from: 'up', to: 'down' },
      { num, at: at('1.01:00'), from: 'down', to: 'down', inMaintenance: true, cause: 'maintenance' },
    ]);
    const { data, page } = await lab.get<{ data: unknown[]; page: object }>(`${id}/events?limit=2`);
    expect(page).toMatchObject({ total: 3, next_cursor: expect.any(String) });
    for (const event of data) stateEventSchema.parse(event);
    expect(data).toMatchObject([
      { cause: 'maintenance', in_maintenance: true },
      { from: 'up', to: 'down', at: at('1.00:00') },
    ]);
    expect((await lab.get<{ data: unknown[] }>(`${id}/events?to=${at('1.00:00')}`)).data).toHaveLength(1);
  });

  it('sums up in one statement', async () => {
    const [site] = await lab.database.query<[{ id: string }]>(`INSERT INTO sites (name) VALUES ('S') RETURNING id`);
    const nums = [];
    for (const columns of [
      {},
      {},
      { site_id: site.id },
      { site_id: site.id, device_type: 'router' },
      { enabled: false, device_type: 'old' },
      {},
    ]) {
      nums.push((await lab.add(columns)).num);
    }
    const states = ['up', 'down', 'down', 'unreachable', 'unknown'];
    for (const [index, state] of states.entries()) {
      await lab.database.query(
        `INSERT INTO device_state (device_num, state, since, cause, flapping, in_maintenance, blind) VALUES ($1, $2, now(), 'probe', $3, $3, false)`,
        [nums[index], state, index === 1],
      );
    }
    let summary: StatsSummary;
    const statements = await countStatements(lab.database, async () => {
      summary = statsSummarySchema.parse((await lab.get<{ data: unknown }>('stats/summary')).data);
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
    expect((await lab.get<{ data: unknown }>('stats/summary')).data).toMatchObject({
      total: 0,
      by_type: [],
      by_site: [],
    });
  });

  describe('on the stream', () => {
    const translate = (events: { first: number; last: number; count: number } | null) =>
      lab.app
        .get(StreamTopics)
        .translate({ kind: 'probe_cycle', cycle: 'ping-30', shard: 0, due_at: at('0.00:00'), events });

    it('a cycle’s changes of state are read in one statement', async () => {
      const { id, num } = await lab.add();
      const ids = await addEvents(lab.database, [
        { num, at: at('1.00:00'), from: null, to: 'up' },
        { num, at: at('1.01:00'), from: 'up', to: 'down' },
        { num: num + 1_000, at: at('1.01:00'), from: 'up', to: 'down' },
      ]);
      const all = { first: ids[0]!, last: ids[2]!, count: 3 };
      expect(await countStatements(lab.database, () => translate(all))).toBe(1);
      const events = await translate(all);
      for (const { data } of events) streamCatalogue['device.state'].schema.parse(data);
      expect(events).toMatchObject([
        { event: 'device.state', data: { device_id: id, device_name: 'one', from: null, to: 'up', at: at('1.00:00') } },
        { event: 'device.state', data: { device_id: id, from: 'up', to: 'down', cause: 'probe' } },
      ]);
      expect(await countStatements(lab.database, () => translate(null))).toBe(0);
    });

    it('more than can be told one by one are not even read', async () => {
      const { num } = await lab.add();
      const ids = await addEvents(
        lab.database,
        Array.from({ length: 600 }, () => ({ num, at: at('1.00:00'), from: 'up', to: 'down' })),
      );
      expect(await translate({ first: ids[0]!, last: ids.at(-1)!, count: 600 })).toHaveLength(501);
    });
  });
});
