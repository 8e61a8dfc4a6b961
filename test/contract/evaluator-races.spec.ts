import type { DataSource } from 'typeorm';
import { type AlertLab, DOWN } from '../support/alert-lab.js';
import { eachWithAlertLab } from '../support/each-alert-lab.js';
import { eventually } from '../support/eventually.js';

describe('the evaluator on PostgreSQL', () => {
  let database: DataSource;
  let lab: AlertLab;
  eachWithAlertLab((started) => {
    lab = started;
    ({ database } = lab);
  });

  it('forgets nothing and tells nothing twice when another process goes on', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down', for: 120 });
    lab.signals.set('device.down_seconds', num!, 60);
    await lab.pass();
    const [pending] = await lab.alerts();
    expect(pending).toMatchObject({ state: 'pending', fired_at: null });
    // It had been down before the condition held.
    const began = 'SELECT extract(epoch FROM pending_since - began_at)::int AS seconds FROM alerts';
    expect(await lab.database.query(began)).toEqual([{ seconds: 60 }]);
    await lab.age(121);
    await lab.pass(lab.newRunner());
    expect(await lab.outbox()).toEqual(['firing Device 1']);
    for (let restart = 0; restart < 3; restart++) await lab.pass(lab.newRunner());
    expect(await lab.alerts()).toMatchObject([{ id: pending!.id, state: 'firing' }]);
    lab.signals.set('device.down_seconds', num!, 0);
    await lab.pass(lab.newRunner());
    await lab.pass(lab.newRunner());
    expect(await lab.alerts()).toMatchObject([{ id: pending!.id, state: 'resolved', resolution: 'recovered' }]);
    expect(await lab.outbox()).toEqual(['firing Device 1', 'resolved Device 1']);
    expect(await lab.events()).toEqual(['fired Device 1', 'resolved Device 1']);
  });

  it('opens an alert once when two processes see it at the same time', async () => {
    const nums = await lab.addDevices(20);
    await lab.addRule({ name: 'Down' });
    lab.signals.setAll('device.down_seconds', nums, 60);
    await Promise.all(Array.from({ length: 5 }, () => lab.pass(lab.newRunner())));
    expect(await lab.count('alerts')).toBe(20);
    expect(await lab.count('alert_outbox')).toBe(20);
    expect(await lab.count('alert_events')).toBe(20);
    lab.signals.setAll('device.down_seconds', nums, 0);
    await Promise.all(Array.from({ length: 5 }, () => lab.pass(lab.newRunner())));
    expect(await lab.count('alert_outbox', `kind = 'resolved'`)).toBe(20);
    expect(await lab.count('alert_events', `kind = 'resolved'`)).toBe(20);
  });

  describe('when somebody is faster', () => {
    /** Something that happens between reading and writing. */
    const meanwhile = async (work: () => Promise<unknown>) => {
      let done = false;
      lab.signals.before = async () => {
        if (done) return;
        done = true;
        await work();
      };
      const report = await lab.pass();
      lab.signals.before = async () => undefined;
      return report;
    };
    let num: number;

    beforeEach(async () => {
      [num] = (await lab.addDevices(1)) as [number];
      await lab.addRule({ name: 'Down', for: 60 });
      lab.signals.set('device.down_seconds', num, 60);
    });

    it('an acknowledgement stays, and nobody is told', async () => {
      await lab.silence([{ name: 'rule', op: '=', value: 'Down' }]);
      await lab.pass();
      await lab.age(61);
      await lab.pass();
      expect(await lab.alerts()).toMatchObject([{ state: 'firing', suppressed_by: 'silence', announced_at: null }]);
      await database.query('DELETE FROM silences');
      const report = await meanwhile(() =>
        database.query(`UPDATE alerts SET ack_by = 'me', ack_at = now(), ack_comment = 'mine', updated_at = now()`),
      );
      expect(report).toMatchObject({ isUnfinished: true, lastEvent: null });
      expect(await lab.alerts()).toMatchObject([{ state: 'firing', ack_by: 'me' }]);
      await lab.pass();
      expect(await lab.alerts()).toMatchObject([{ suppressed_by: null, ack_by: 'me', announced_at: null }]);
      expect(await lab.outbox()).toEqual([]);
    });

    it('a resolve by hand stays, and is told once', async () => {
      await lab.pass();
      await lab.age(61);
      await lab.pass();
      expect(await lab.outbox()).toEqual(['firing Device 1']);
      lab.signals.set('device.down_seconds', num, 0);
      const report = await meanwhile(() =>
        database.query(
          `WITH a AS (UPDATE alerts SET state = 'resolved', resolution = 'manual', resolved_at = now() RETURNING id)
           INSERT INTO alert_outbox (alert_id, kind, at) SELECT id, 'resolved', now() FROM a`,
        ),
      );
      expect(report.isUnfinished).toBe(true);
      await lab.pass();
      expect(await lab.alerts()).toMatchObject([{ state: 'resolved', resolution: 'manual' }]);
      expect(await lab.outbox()).toEqual(['firing Device 1', 'resolved Device 1']);
    });

    it('waits for who holds the row, and then looks again', async () => {
      await lab.pass();
      await lab.age(61);
      const holder = database.createQueryRunner();
      await holder.startTransaction();
      await holder.query('SELECT FROM alerts FOR UPDATE');
      const passing = lab.pass();
      await eventually(async () => expect(await lab.count('pg_locks', 'NOT granted')).toBeGreaterThan(0));
      await holder.query(`UPDATE alerts SET ack_by = 'me', ack_at = now()`);
      await holder.commitTransaction();
      await holder.release();
      expect((await passing).isUnfinished).toBe(true);
      expect(await lab.alerts()).toMatchObject([{ state: 'pending', ack_by: 'me' }]);
    });

    it('a rule that is deleted opens nothing more, and ends what it opened', async () => {
      const report = await meanwhile(() => database.query('DELETE FROM alert_rules'));
      expect(report.isUnfinished).toBe(true);
      expect(await lab.alerts()).toEqual([]);
      expect((await lab.pass()).isUnfinished).toBe(false);
    });

    it('a rule that is switched off opens nothing more', async () => {
      await database.query('UPDATE alert_rules SET for_seconds = 0');
      lab.forget();
      const report = await meanwhile(() => database.query('UPDATE alert_rules SET enabled = false'));
      expect(report.isUnfinished).toBe(true);
      expect(await lab.alerts()).toEqual([]);
      expect((await lab.pass()).isUnfinished).toBe(false);
    });

    it('a rule that is being deleted opens nothing more, and stops no other', async () => {
      await lab.addRule({ name: 'Other' });
      const holder = database.createQueryRunner();
      await holder.startTransaction();
      await holder.query(`DELETE FROM alert_rules WHERE name = 'Down'`);
      const passing = lab.pass();
      await eventually(async () => expect(await lab.count('pg_locks', 'NOT granted')).toBeGreaterThan(0));
      await holder.commitTransaction();
      await holder.release();
      expect((await passing).isUnfinished).toBe(true);
      expect(await lab.alerts()).toMatchObject([{ rule_name: 'Other', state: 'firing' }]);
    });

    it('of a rule that is deleted only what is open ends; what is over costs nothing', async () => {
      await lab.pass();
      await lab.age(61);
      await lab.pass();
      await database.query(`UPDATE alerts SET ack_sticky = true, state = 'resolved', resolved_at = now()`);
      await lab.pass();
      const over = () =>
        database.query<unknown[]>(`SELECT xmin, * FROM alerts WHERE resolution IS NULL AND state = 'resolved'`);
      const before = await over();
      expect(before).toHaveLength(1);
      await database.query('DELETE FROM alert_rules');
      lab.forget();
      await lab.pass();
      expect(await lab.count('alerts', `state <> 'resolved'`)).toBe(0);
      expect(await over()).toEqual(before);
    });

    it('who plans what is told of an alert is not waited for', async () => {
      await lab.pass();
      await lab.age(61);
      const planner = database.createQueryRunner();
      await planner.startTransaction();
      // As rows that refer to it do.
      await planner.query('SELECT FROM alerts FOR KEY SHARE');
      expect((await lab.pass()).isUnfinished).toBe(false);
      await planner.rollbackTransaction();
      await planner.release();
      expect(await lab.alerts()).toMatchObject([{ state: 'firing' }]);
    });
  });

  it('does not end the alerts of a rule that is mended while it breaks', async () => {
    const [num] = await lab.addDevices(1);
    await lab.addRule({ name: 'Down' });
    lab.signals.set('device.down_seconds', num!, 60);
    await lab.pass();
    const change = (condition: object) =>
      database.query('UPDATE alert_rules SET condition = $1, version = version + 1', [JSON.stringify(condition)]);
    await change({ metric: 'gone.by', op: '>', value: 1 });
    lab.forget();
    lab.signals.before = async () => void (await change(DOWN));
    // It is read as broken and mended before that is written.
    await lab.addRule({ name: 'Other' });
    expect((await lab.pass()).isUnfinished).toBe(true);
    lab.signals.before = async () => undefined;
    await lab.pass();
    expect(await lab.count('alert_rules', 'enabled')).toBe(2);
    expect(await lab.outbox()).toEqual(['firing Device 1', 'firing Device 1']);
  });
});
