import { at, type Backtest, DAY, eachWithoutHistory, MINUTE, range, told } from '../support/backtest-lab.js';
import { countStatements } from '../support/count-statements.js';
import type { RulesLab } from '../support/rules-lab.js';

// Real: PostgreSQL, Nest, Fastify, the product's own history of devices. The history is made by hand.
let lab: RulesLab;
const { nums, states, maintenance, pings, buckets, backtest } = eachWithoutHistory((started) => (lab = started));

describe('a backtest', () => {
  it('finds an outage of ten minutes, to the second', async () => {
    await states('core', [at(0), 'up'], [at(100, 7), 'down'], [at(110, 7), 'up']);
    await states('edge', [at(0), 'up']);
    const found = await backtest({ expression: 'icmp.down_seconds >= 60' }, range(30, 300));
    expect(told(found)).toEqual([['core', at(101, 7), at(110, 7), 600]]);
    expect(found).toMatchObject({
      resolution: 'samples',
      truncated: false,
      totals: { alerts: 1, devices: 1, devices_evaluated: 2, firing_seconds: 540, notices: 2 },
    });
    expect(found).toMatchObject({ history_from: at(0), known_percent: 100 });
    expect(found.notes.join(' ')).toMatch(
      /Maintenance as it was then, and parents .* held alerts back\. Silences and flapping are left out/,
    );
  });

  it('replays a stored rule, also one that is off, for whoever may read it', async () => {
    await states('core', [at(0), 'up'], [at(100), 'down']);
    const body = { name: 'Down', expression: 'ping_unreachable >= 5', enabled: false, scope: { devices: ['core'] } };
    const made = await lab.call<{ id: string }>('POST', '/alert-rules', body);
    const path = `/alert-rules/${made.data.id}/backtest${range(30, 200)}`;
    const found = await lab.call<Backtest>('GET', path, undefined, { as: 'viewer' });
    expect(found).toMatchObject({ status: 200, data: { expression: 'icmp.down_seconds >= 300' } });
    // It fires still at the end.
    expect(told(found.data)).toEqual([['core', at(105), null, 6_000]]);
    expect(found.data.totals).toMatchObject({ firing_seconds: 95 * 60, notices: 1 });
    expect(await lab.database.query('SELECT FROM alerts')).toEqual([]);
  });

  it('waits as long as the rule does, and for its recovery', async () => {
    await states('core', [at(0), 'up'], [at(60), 'down'], [at(61), 'up'], [at(100), 'down'], [at(110), 'up']);
    const rule = {
      expression: 'icmp.down_seconds > 0',
      for_seconds: 120,
      recovery: { expression: 'icmp.down_seconds == 0', for_seconds: 300 },
    };
    const [alert] = told(await backtest(rule, range(30, 300)));
    // It is down for more than 0 s a millisecond later.
    expect(alert).toEqual(['core', new Date(DAY + 102 * MINUTE + 1).toISOString(), at(115), 600]);
  });

  it('an outage that a parent explains, or that nobody saw, is none', async () => {
    await states('core', [at(0), 'up'], [at(60), 'unreachable'], [at(80), 'up']);
    await states('edge', [at(0), 'up'], [at(60), 'unknown'], [at(80), 'up']);
    expect(told(await backtest({ expression: 'icmp.down_seconds >= 60' }, range(30, 300)))).toEqual([]);
    const found = await backtest({ expression: 'icmp.down_seconds >= 60', no_data: 'alert' }, range(30, 300));
    // The parent's own alert tells of it, as it does now.
    expect(told(found).map(([name]) => name)).toEqual(['edge']);
    expect(found.totals).toMatchObject({ notices: 2 });
  });

  it('fires after a maintenance, as it was noted then', async () => {
    await states('core', [at(0), 'up'], [at(60), 'down']);
    await maintenance('core', at(60), 'down', true);
    await maintenance('core', at(90), 'down', false);
    await states('core', [at(110), 'up']);
    expect(told(await backtest({ expression: 'icmp.down_seconds >= 60' }, range(30, 300)))).toEqual([
      ['core', at(90), at(110), 3_000],
    ]);
  });

  it('dates an outage back to its begin, whatever was noted of it since', async () => {
    await states(
      'core',
      [at(0), 'up'],
      [at(10), 'unreachable'],
      [at(20), 'down'],
      [at(30), 'unknown'],
      [at(40), 'down'],
    );
    await maintenance('core', at(60), 'down', true);
    await maintenance('core', at(61), 'down', false);
    expect(told(await backtest({ expression: 'icmp.down_seconds >= 90m' }, range(70, 120)))).toEqual([
      ['core', at(100), null, 110 * 60],
    ]);
    await states('edge', [at(0), 'down'], [at(10), 'up']);
    await maintenance('edge', at(60), 'up', true);
    await maintenance('edge', at(61), 'up', false);
    expect(told(await backtest({ expression: 'device.up_seconds >= 90m' }, range(70, 120)))).toEqual([
      ['edge', at(100), null, 110 * 60],
    ]);
  });

  it('knows nothing of a device that nobody probes any more', async () => {
    await states('core', [at(0), 'up']);
    await lab.database.query(
      `INSERT INTO device_state (device_num, state, since, cause, last_at, fresh_until) VALUES ($1, 'up', $2, 'probe', $3, $4)`,
      [nums['core'], at(0), at(60), at(61, 30)],
    );
    const found = await backtest(
      { expression: 'icmp.down_seconds >= 60', no_data: 'alert', scope: { devices: ['core'] } },
      range(30, 90),
    );
    expect(told(found)).toEqual([['core', at(60, 30), null, null]]);
  });

  it('says from when on there is history, and how much of the time it knows', async () => {
    await states('core', [at(100), 'up'], [at(120), 'down']);
    const rule = { expression: 'icmp.down_seconds >= 60', scope: { devices: ['core'] } };
    const before = await backtest(rule, range(0, 50));
    expect(before).toMatchObject({
      alerts: [],
      history_from: at(100),
      known_percent: 0,
      totals: { devices_evaluated: 1 },
    });
    expect(before.notes.join()).toContain(`There is no history of before ${at(100)}.`);
    const partly = await backtest(rule, range(50, 150));
    expect(partly).toMatchObject({ alerts: [{ fired_at: at(121) }], known_percent: 50 });
    expect(partly.notes.join()).toMatch(/is known for 50 % of the time; the rest went by no_data/);
    const never = await backtest({ ...rule, scope: { devices: ['edge'] } }, range(50, 150));
    expect(never).toMatchObject({ alerts: [], history_from: null, known_percent: 0 });
    expect(never.notes.join()).toMatch(/There is no history of these devices/);
    const nobody = await backtest({ ...rule, scope: { devices: ['web'] } }, range(50, 150));
    expect(nobody).toMatchObject({ known_percent: null, history_from: null, totals: { devices_evaluated: 0 } });
  });

  it('leaves what lies ahead out', async () => {
    const found = await lab.call<{ to: string }>('POST', '/alert-rules/backtest?to=2199-01-01T00:00:00Z', {
      expression: 'icmp.down_seconds >= 60',
    });
    expect(found.status).toBe(200);
    expect(Date.parse(found.data.to)).toBeLessThanOrEqual(Date.now() + MINUTE);
  });

  it('is not about devices that are not probed', async () => {
    await states('core', [at(0), 'up'], [at(100), 'down']);
    const [{ id }] = await lab.database.query(
      `INSERT INTO profiles (name, mode) VALUES ('SNMP', 'snmp_only') RETURNING id`,
    );
    const [{ profile_id: before }] = await lab.database.query(`SELECT profile_id FROM devices WHERE name = 'core'`);
    await lab.database.query(`UPDATE devices SET profile_id = $1 WHERE name = 'core'`, [id]);
    const found = await backtest({ expression: 'icmp.down_seconds >= 60' }, range(30, 200));
    await lab.database.query(`UPDATE devices SET profile_id = $1 WHERE name = 'core'`, [before]);
    expect(found.totals).toMatchObject({ alerts: 0, devices_evaluated: 1 });
  });

  it('takes a single result after a pause for no window, as the evaluator does', async () => {
    const rule = { expression: 'avg(icmp.loss_percent, 5m) > 50', no_data: 'ok' };
    await pings('core', 0, 60, 3);
    await pings('core', 100, 1, 0);
    expect(told(await backtest(rule, range(30, 180)))).toEqual([]);
    await pings('core', 101, 1, 0);
    // The third is enough; three intervals after the last nothing is known any more.
    expect(told(await backtest(rule, range(30, 180)))).toEqual([['core', at(101), at(103), 100]]);
  });

  it('averages loss over a window of samples', async () => {
    await pings('core', 0, 60, 3);
    await pings('core', 60, 10, 0);
    await pings('core', 70, 60, 3);
    const rule = {
      expression: 'avg(icmp.loss_percent, 5m) > 50',
      recovery: { expression: 'avg(icmp.loss_percent, 5m) < 5' },
    };
    // 10 samples within 5 minutes: more than half of them are lost with the sixth, and none 5 minutes after the last.
    expect(told(await backtest(rule, range(30, 120)))).toEqual([['core', at(62, 30), at(74, 30), 100]]);
  });

  it('counts nothing that failed while this machine was cut off, also once it can see again', async () => {
    await pings('core', 0, 60, 3);
    await pings('core', 60, 10, 0);
    await pings('core', 70, 60, 3);
    await states('core', [at(0), 'up'], [at(70), 'up']);
    await lab.database.query(
      `INSERT INTO state_events (device_num, at, to_state, blind, cause) VALUES ($1, $2, 'unknown', true, 'blind')`,
      [nums['core'], at(60)],
    );
    const rule = { expression: 'avg(icmp.loss_percent, 10m) > 20' };
    expect(told(await backtest(rule, range(30, 120)))).toEqual([]);
    // Nor where the range begins just after it.
    expect(told(await backtest(rule, range(71, 120)))).toEqual([]);
  });

  it('goes by round trips, and knows nothing of where there is no sample', async () => {
    await pings('core', 0, 60, 3, 10);
    await pings('core', 60, 5, 3, 250);
    await pings('core', 65, 60, 3, 10);
    await pings('edge', 0, 60, 3, 10);
    expect(told(await backtest({ expression: 'icmp.rtt_ms > 200' }, range(30, 120)))).toEqual([
      ['core', at(60), at(65), 250],
    ]);
    expect(told(await backtest({ expression: 'icmp.no_data_seconds >= 300' }, range(30, 120)))).toEqual([
      ['edge', at(64, 30), null, 60 * 60 + 30],
    ]);
  });

  it('knows since when a device was silent long before the range', async () => {
    const rule = { expression: 'icmp.no_data_seconds >= 300', scope: { devices: ['core'] } };
    await pings('core', 0, 60, 3);
    const found = await backtest(rule, range(150, 300));
    expect(told(found)).toEqual([['core', at(150), null, 240 * 60 + 30]]);
    expect(found).toMatchObject({ known_percent: 100, history_from: at(59, 30) });
    await buckets('core', 11);
    expect(told(await backtest(rule, range(150, 960)))).toEqual([['core', at(150), null, 900 * 60]]);
  });

  it('reads more than 12 hours in means of five minutes', async () => {
    await buckets('core', 287);
    const found = await backtest({ expression: 'packet_loss > 20' }, range(0, 1_440));
    // The bucket of minute 500 is known at 505.
    expect(told(found)).toEqual([['core', at(505), expect.any(String), 50]]);
    expect(Date.parse(found.alerts[0]!.resolved_at!)).toBeLessThanOrEqual(DAY + 530 * MINUTE);
    expect(found).toMatchObject({ resolution: '5m' });
    expect(found.notes.join()).toMatch(/means of five minutes/);
    // How long something was down is not read in means.
    const exact = await backtest({ expression: 'icmp.down_seconds >= 60' }, range(0, 1_440));
    expect(exact).toMatchObject({
      resolution: 'samples',
      notes: expect.not.arrayContaining([expect.stringMatching(/means/)]),
    });
  });

  it('replays items of SNMP of those devices that have them', async () => {
    const [{ num }] = await lab.database.query(
      `INSERT INTO monitoring_items (device_id, name, oid) SELECT id, 'CPU load', '1.3.6.1.4.1' FROM devices WHERE name = 'core' RETURNING num`,
    );
    await lab.database.query(
      `INSERT INTO snmp_results (ts, item_num, value, status)
       SELECT $1::timestamptz + make_interval(mins => n), $2, CASE WHEN n BETWEEN 60 AND 69 THEN 95 ELSE 5 END, 0 FROM generate_series(0, 119) n`,
      [at(0), num],
    );
    const found = await backtest({ expression: 'snmp."CPU load" > 90', for_seconds: 60 }, range(30, 120));
    expect(told(found)).toEqual([['core', at(61), at(70), 95]]);
    expect(found.totals).toMatchObject({ devices_evaluated: 1 });
  });

  it('costs the same number of statements for one device and for many', async () => {
    await lab.database.query(
      `INSERT INTO devices (name, ip, profile_id) SELECT 'many ' || n, '10.9.' || n / 250 || '.' || n % 250, (SELECT id FROM profiles WHERE is_default)
       FROM generate_series(1, 300) n`,
    );
    const rule = { expression: 'icmp.down_seconds >= 60 or packet_loss > 50' };
    const ask = (scope: object) => () => backtest({ ...rule, scope }, range(0, 20));
    const one = await countStatements(lab.database, ask({ q: 'core' }));
    const many = await countStatements(lab.database, ask({ all: true }));
    expect(many).toBe(one);
    // The token, the rule's references, the time, the devices, how often they are probed, and what is stored of them.
    expect(one).toBeLessThanOrEqual(8);
  });
});
