import type { DataSource } from 'typeorm';
import type { Condition } from '../../src/alerts/engine/condition.js';
import { OPEN_ALERTS } from '../../src/alerts/evaluator/situation.store.js';
import { readSettings } from '../../src/platform/config/read-settings.js';
import { ProbeSignalSource } from '../../src/probes/signals/probe-signal-source.store.js';
import { SnmpSignalSource } from '../../src/probes/signals/snmp-signal-source.store.js';
import { AlertLab } from '../support/alert-lab.js';
import { recordStatements } from '../support/count-statements.js';
import { eachWithAlertLab } from '../support/each-alert-lab.js';
import type { RecordedLog } from '../support/postgres.js';

/** Statements that a pass may send, BEGIN and COMMIT included. */
const MOST = 8;

describe('the evaluator on PostgreSQL', () => {
  let database: DataSource;
  let lab: AlertLab;
  let log: RecordedLog;
  eachWithAlertLab((started, itsLog) => {
    lab = started;
    log = itsLog;
    ({ database } = lab);
  });

  const statementsOf = async (work: () => Promise<unknown>): Promise<number> =>
    (await recordStatements(database, work)).length;

  /** A window without end now and one that repeats, so that the calendar costs what it can. */
  const planMaintenance = async (num: number): Promise<void> => {
    await database.query(
      `INSERT INTO maintenance_windows (name, scope, starts_at, ends_at, timezone)
       SELECT 'Now', jsonb_build_object('ids', jsonb_build_array(id)), now() - interval '1 hour', now() + interval '1 hour', 'UTC'
       FROM devices WHERE num = $1`,
      [num],
    );
  };

  it.each([
    [1, 1],
    [40, 875],
  ])(
    'sends at most 8 statements for %i rules and %i devices: cold, warm, while all fire, while all resolve',
    async (rules, devices) => {
      const nums = await lab.addDevices(devices);
      for (let index = 0; index < rules; index++) {
        await lab.addRule({
          name: `Rule ${index}`,
          condition: { metric: 'device.down_seconds', op: '>=', value: 60 + index },
          scope: {
            kind: 'devices',
            selector: index % 2 === 0 ? { all: true } : { sites: ['Site'], q: `${'Device'.slice(index % 7)}` },
          },
        });
      }
      if (devices > 1) await planMaintenance(nums[0]!);
      const cold = await statementsOf(() => lab.pass());
      const warm = await statementsOf(() => lab.pass());
      lab.signals.setAll('device.down_seconds', nums, 60);
      lab.signals.setAll('device.state_code', nums, 1);
      lab.forget();
      const firing = await statementsOf(() => lab.pass());
      expect(await lab.count('alerts', `state = 'firing'`)).toBe(devices > 1 ? devices - 1 : 1);
      lab.signals.setAll('device.down_seconds', nums, 0);
      lab.forget();
      const resolving = await statementsOf(() => lab.pass());
      expect(await lab.count('alerts', `state = 'resolved'`)).toBe(devices > 1 ? devices - 1 : 1);
      // The lab's source sends none; in the product there are three that may.
      for (const count of [cold, warm, firing, resolving]) expect(count).toBeLessThanOrEqual(MOST - 3);
      expect(warm).toBe(1);
    },
  );

  it('sends at most 7 with the sources of probes and SNMP, while all fire: one is left for the swarm', async () => {
    lab = new AlertLab(database, [new ProbeSignalSource(database), new SnmpSignalSource(database, readSettings({}))]);
    const [first, ...others] = await lab.addDevices(875);
    await planMaintenance(first!);
    for (let index = 0; index < 39; index++) {
      const all: Condition = { metric: 'device.no_data_seconds', op: '<', value: 1_000 };
      const none: Condition = { metric: 'snmp.load', op: '>=', value: 1e6 + index };
      await lab.addRule({ name: `Rule ${index}`, condition: index === 0 ? all : none });
    }
    const window: Condition = { metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300, op: '>', value: 20 };
    await lab.addRule({ name: 'Window', condition: window });
    expect(await statementsOf(() => lab.pass())).toBe(MOST - 1);
    expect(await lab.count('alerts', `state = 'firing'`)).toBe(others.length);
    expect(await statementsOf(() => lab.pass())).toBe(3);
  });

  it('switches off what cannot be evaluated and goes on with the others', async () => {
    const nums = await lab.addDevices(2);
    await lab.addRule({ name: 'Good' });
    const bad = {
      'Bad tree': `condition = '{"all": "of them"}'`,
      'Bad metric': `condition = '{"metric": "gone.by", "op": ">", "value": 1}'`,
      'Bad scope': `scope = '{"kind": "devices", "selector": {"ids": ["x"]}}'`,
      'Bad group': `scope = '{"kind": "devices", "selector": {"groups": ["Broken"]}}'`,
      'Bad recovery': `recovery_condition = '[]'`,
    };
    await database.query(`INSERT INTO groups (name, selector) VALUES ('Broken', '{"enabled": "perhaps"}')`);
    lab.signals.set('device.down_seconds', nums[0]!, 60);
    for (const name of Object.keys(bad)) await lab.addRule({ name });
    await lab.pass();
    expect(await lab.count('alerts', `state = 'firing'`)).toBe(6);
    for (const [name, change] of Object.entries(bad)) {
      await database.query(`UPDATE alert_rules SET ${change}, version = version + 1 WHERE name = $1`, [name]);
    }
    lab.forget();
    lab.signals.set('device.down_seconds', nums[1]!, 60);
    expect((await lab.pass()).isUnfinished).toBe(true);
    await lab.pass();
    const rules = await database.query<{ name: string; enabled: boolean; reason: string | null }[]>(
      'SELECT name, enabled, broken_reason AS reason FROM alert_rules ORDER BY name',
    );
    expect(rules.filter(({ enabled }) => enabled)).toEqual([{ name: 'Good', enabled: true, reason: null }]);
    for (const { name, reason } of rules.filter(({ enabled }) => !enabled)) {
      expect(log.lines).toContain(`The alert rule "${name}" cannot be evaluated and is switched off: ${reason}`);
    }
    expect(await lab.count('alerts', `state = 'firing' AND rule_name = 'Good'`)).toBe(2);
    expect(await lab.count('alerts', `state = 'resolved' AND resolution = 'rule_broken'`)).toBe(5);
    const lines = log.lines.length;
    await lab.pass();
    expect(log.lines).toHaveLength(lines);
  });

  it('makes one alert and one notice of 875 devices behind one parent', async () => {
    const [parent] = await lab.addDevices(1);
    const children = await lab.addDevices(875, { parent: 'Device 1' });
    await lab.addRule({ name: 'Down' });
    lab.signals.set('device.failing', parent!, 1);
    lab.signals.setAll('device.state_code', children, 1);
    lab.signals.setAll('device.down_seconds', children, 60);
    await lab.pass();
    expect(await lab.count('alerts', `state = 'firing'`)).toBe(0);
    lab.signals.set('device.failing', parent!, 0);
    lab.signals.set('device.state_code', parent!, 1);
    lab.signals.set('device.down_seconds', parent!, 60);
    lab.signals.setAll('device.state_code', children, 3);
    lab.signals.setAll('device.down_seconds', children, Number.NaN);
    await lab.pass();
    await lab.pass();
    expect(await lab.count('alerts', `state = 'firing'`)).toBe(1);
    expect(await lab.outbox()).toEqual(['firing Device 1']);
  });

  it('opens 10,000 alerts in one pass, and what is more in the next', async () => {
    const nums = await lab.addDevices(10_500);
    await lab.addRule({ name: 'Low', severity: 'low' });
    const critical = await lab.addRule({
      name: 'Critical',
      severity: 'critical',
      scope: { kind: 'devices', selector: { q: 'Device 1050' } },
    });
    lab.signals.setAll('device.down_seconds', nums, 60);
    const sent = await recordStatements(database, async () => expect((await lab.pass()).isUnfinished).toBe(true));
    expect(sent.length).toBeLessThanOrEqual(MOST - 3);
    expect(await lab.count('alerts')).toBe(10_000);
    // The worst come first.
    expect(await lab.count('alerts', `rule_id = '${critical}'`)).toBe(2);
    expect((await lab.pass()).isUnfinished).toBe(false);
    expect(await lab.count('alerts')).toBe(10_502);
    expect(await lab.count('alert_outbox')).toBe(10_502);
    lab.signals.setAll('device.down_seconds', nums, 0);
    await lab.pass();
    expect((await lab.pass()).figures).toMatchObject({ firing: 0, pending: 0 });
    expect(await lab.count('alert_outbox', `kind = 'resolved'`)).toBe(10_502);
  }, 120_000);

  it('keeps an alert as it is while the source of its values fails or hangs, and says so once', async () => {
    lab = new AlertLab(database, [], { limitMs: 1_000 });
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down', noData: 'alert' });
    lab.signals.set('device.down_seconds', num!, 60);
    await lab.pass();
    lab.signals.before = () => new Promise(() => undefined);
    const began = performance.now();
    for (let turn = 0; turn < 20; turn++) await lab.pass();
    // It hangs once, not twenty times.
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(lab.signals.reads).toBe(2);
    expect(await lab.alerts()).toMatchObject([{ state: 'firing' }]);
    // The heartbeat is told.
    const { blind } = await lab.pass();
    expect(blind.sources).toBe(1);
    expect(blind.ms).toBeGreaterThan(0);
    expect(blind.ms).toBeLessThan(performance.now() - began);
    const told = log.lines.filter((line) =>
      line.startsWith('The source of values "scripted" is not available (no answer for'),
    );
    expect(told).toHaveLength(1);
  });

  it('hands a sticky acknowledgement on, and only once', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down' });
    const turn = async (seconds: number) => {
      lab.signals.set('device.down_seconds', num!, seconds);
      await lab.pass();
      return (await lab.alerts()).at(-1)!;
    };
    await turn(60);
    await database.query(`UPDATE alerts SET ack_by = 'me', ack_at = now(), ack_sticky = true`);
    await turn(0);
    // It is of the rule and the device, wherever that is by now.
    const [site] = await database.query<[{ id: string }]>(`INSERT INTO sites (name) VALUES ('Elsewhere') RETURNING id`);
    await database.query('UPDATE devices SET site_id = $1 WHERE num = $2', [site.id, num]);
    lab.passes.forgetInventory();
    expect(await turn(60)).toMatchObject({ state: 'firing', ack_by: 'me', ack_sticky: true, announced_at: null });
    // Taken back on the second one, the first one must not hand it on to the third.
    await database.query(`UPDATE alerts SET ack_by = NULL, ack_at = NULL, ack_sticky = false WHERE state = 'firing'`);
    await turn(0);
    expect(await turn(60)).toMatchObject({ state: 'firing', ack_by: null, announced_at: expect.any(Date) as Date });
    expect(await lab.count('alerts')).toBe(3);
  });

  it('says at once what has changed of the rule and the site, and writes nothing else', async () => {
    const [num] = await lab.addDevices(1);
    const [site] = await database.query<[{ id: string }]>(`INSERT INTO sites (name) VALUES ('Old') RETURNING id`);
    await database.query('UPDATE devices SET site_id = $1 WHERE num = $2', [site.id, num]);
    await lab.addRule({ name: 'Down' });
    lab.signals.set('device.down_seconds', num!, 60);
    await lab.pass();
    const [opened] = await lab.alerts();
    expect(opened).toMatchObject({ site_name: 'Old', rule_name: 'Down' });
    const written = async () => {
      await lab.pass();
      return database.query<object[]>('SELECT severity, rule_name, site_name, labels, xmin::text FROM alerts');
    };
    const before = await written();
    await database.query(`UPDATE alert_rules SET severity = 'low', name = 'Gone', labels = '{"team": "net"}'`);
    await database.query(`UPDATE sites SET name = 'New', region = 'north' WHERE id = $1`, [site.id]);
    lab.passes.forgetRules();
    lab.passes.forgetInventory();
    const after = await written();
    expect(after).toMatchObject([
      {
        severity: 'low',
        rule_name: 'Gone',
        site_name: 'New',
        labels: { severity: 'low', rule: 'Gone', site: 'New', region: 'north', team: 'net' },
      },
    ]);
    expect(after).not.toEqual(before);
    expect(await written()).toEqual(after);
    expect(await lab.count('alert_events')).toBe(1);
  });

  it('finds the open ones by their index, however many are resolved', async () => {
    await database.query(
      `INSERT INTO alerts (fingerprint, rule_name, rule_version, severity, target_kind, target_key, target_name, group_key, state, pending_since, evaluated_at)
       SELECT 'f' || n, 'r', 1, 'low', 'device', 'k', 'n', 'g', CASE WHEN n % 1000 = 0 THEN 'firing' ELSE 'resolved' END, now(), now()
       FROM generate_series(1, 50000) n`,
    );
    await database.query('VACUUM ANALYZE alerts');
    const plan = await database.query<{ 'QUERY PLAN': string }[]>(`EXPLAIN ${OPEN_ALERTS}`);
    const text = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(text).toMatch(/alerts_(fingerprint_key|open_device_idx)/);
    expect(text).not.toMatch(/Seq Scan/);
  });
});
