import { DispatcherStatus } from '../../src/notifications/dispatch/dispatcher-status.js';
import { StrandedDeliveries } from '../../src/notifications/dispatch/stranded-deliveries.store.js';
import { DELIVERED, type DispatchLab } from '../support/dispatch-lab.js';
import { eachWithOps, refused } from '../support/dispatch-to-ops.js';
import { eventually } from '../support/eventually.js';

let lab: DispatchLab;
eachWithOps((started) => (lab = started));

const keysOf = (name: string) =>
  new Set(
    lab.receiver.seen
      .filter(({ message }) => message.alerts.some((alert) => alert.target_name === name))
      .map(({ message }) => `${message.kind} ${message.id}`),
  );

describe('PostgreSQL', () => {
  it('may end at any time: what was sent meanwhile is written down once it is back', async () => {
    const status = new DispatcherStatus();
    let arrived: () => void = () => undefined;
    const there = new Promise<void>((resolve) => (arrived = resolve));
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    lab.receiver.answer = () => {
      arrived();
      return gate.then(() => DELIVERED);
    };
    await lab.fire({ name: 'a' });
    const dispatcher = lab.start(lab.dispatcher(status));
    await there;
    const endedAt = performance.now();
    await lab.database.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    open();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'delivered', attempts: 1 }]));
    expect(keysOf('a').size).toBe(1);
    expect(lab.receiver.seen).toHaveLength(1);
    await lab.resolve('a');
    dispatcher.wake();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a', 'resolved:a']));
    expect(status.lastPassAgeMs()).toBeLessThan(performance.now() - endedAt);
  });
});

describe('the clock of PostgreSQL set back', () => {
  it('holds up nothing that was to be sent', async () => {
    await lab.fire({ name: 'a' });
    await lab.planner().takeOutbox();
    const hourAhead = ['next_attempt_at', 'give_up_at', 'created_at'].map(
      (name) => `${name} = ${name} + interval '1 h'`,
    );
    await lab.database.query(`UPDATE deliveries SET ${hourAhead.join()}`);
    lab.start();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a']));
  });

  it('holds up nothing that was to be told once there is a channel', async () => {
    await lab.fire({ name: 'a' });
    await lab.database.query(
      `UPDATE alert_outbox SET taken_at = now(); UPDATE alerts SET untold_at = now() + interval '1 h'`,
    );
    lab.start();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a']));
  });

  // Minutes from now.
  it.each<[string, { state: string; held?: boolean; created: number; next: number }, number]>([
    ['waits for others', { state: 'waiting', created: 60, next: 61 }, 1],
    ['waited before that', { state: 'waiting', created: -1, next: 59 }, 59],
    ['quiet hours hold', { state: 'waiting', held: true, created: 60, next: 540 }, 540],
    ['quiet hours hold, from years ahead', { state: 'waiting', held: true, created: 525_600, next: 526_080 }, 480],
    ['is being sent', { state: 'sending', created: -60, next: 60 }, 40 / 60],
    ['is to be sent again', { state: 'retrying', created: -300, next: 120 }, 0],
    ['is to be sent again, as its receiver asks', { state: 'retrying', created: -300, next: 59 }, 59],
  ])('leaves what %s no longer than it would take', async (_name, { held = false, ...row }, expected) => {
    await lab.database.query(
      `INSERT INTO deliveries (channel_id, channel_name, channel_kind, kind, severity, group_key, state, held, created_at, next_attempt_at,
         locked_until, give_up_at)
       SELECT id, name, kind, 'firing', 'high', '[]', $1, $2, now() + $3 * interval '1 min', now() + $4 * interval '1 min',
         CASE WHEN $1 = 'sending' THEN now() + $4 * interval '1 min' END, now() + $3 * interval '1 min' + interval '1 day' FROM channels`,
      [row.state, held, row.created, row.next],
    );
    await new StrandedDeliveries(lab.database, lab.settings).byClock();
    const [{ minutes, tries }] = await lab.database.query(
      `SELECT extract(epoch FROM next_attempt_at - now())::float8 / 60 AS minutes, give_up_at > next_attempt_at AS tries FROM deliveries`,
    );
    expect([Math.abs(minutes - expected) < 0.5, tries]).toEqual([true, true]);
  });

  it('leaves reminders and escalations their intervals', async () => {
    await lab.fire({ name: 'a' });
    await lab.database.query(
      `INSERT INTO alert_follow_ups (alert_id, remind_at, escalate_at, set_at)
       SELECT id, now() + interval '120 min', now() + interval '70 min', now() + interval '60 min' FROM alerts`,
    );
    await new StrandedDeliveries(lab.database, lab.settings).byClock();
    expect(
      await lab.database.query(
        `SELECT round(extract(epoch FROM remind_at - now()) / 60)::int AS remind, round(extract(epoch FROM escalate_at - now()) / 60)::int AS escalate
         FROM alert_follow_ups`,
      ),
    ).toEqual([{ remind: 60, escalate: 10 }]);
  });
});

describe('what PostgreSQL refuses', () => {
  /** As if there were a value that no column takes. */
  const poison = async (table: string, isFine: string, work: () => Promise<void>): Promise<void> => {
    await lab.database.query(`ALTER TABLE ${table} ADD CONSTRAINT poison CHECK (${isFine})`);
    try {
      await work();
    } finally {
      await lab.stop();
      await lab.database.query(`ALTER TABLE ${table} DROP CONSTRAINT poison`);
    }
  };
  const fire = () => lab.fire(...Array.from({ length: 20 }, (_, index) => ({ name: `d${index}`, site: `s${index}` })));
  const statesOf = () =>
    lab.database.query<{ state: string; n: number }[]>(
      'SELECT state, count(*)::int AS n FROM deliveries GROUP BY state ORDER BY state',
    );

  it('of an attempt ends that delivery, and holds up no other', () =>
    poison('delivery_attempts', `error IS DISTINCT FROM 'poison' AND response IS DISTINCT FROM 'poison'`, async () => {
      lab.receiver.answer = async ({ group_labels: { site } }) => {
        if (site === 's3') return refused({ error: 'poison' });
        return site === 's4' ? { ...DELIVERED, response: 'poison' } : DELIVERED;
      };
      await fire();
      lab.start();
      await eventually(async () =>
        expect(await statesOf()).toEqual([
          { state: 'delivered', n: 19 },
          { state: 'failed', n: 1 },
        ]),
      );
      const told = await lab.database.query<{ state: string; error: string }[]>(
        'SELECT state, last_error AS error FROM deliveries WHERE last_error IS NOT NULL ORDER BY state DESC',
      );
      expect(told).toEqual(
        ['failed', 'delivered'].map((state) => ({
          state,
          error: expect.stringContaining('Its outcome cannot be written down: ') as string,
        })),
      );
      expect(lab.receiver.seen).toHaveLength(20);
    }));

  it('of a message fails that delivery, and holds up no other', () =>
    poison('deliveries', `content::text NOT LIKE '%"d3"%'`, async () => {
      await fire();
      lab.start();
      await eventually(async () =>
        expect(await statesOf()).toEqual([
          { state: 'delivered', n: 19 },
          { state: 'failed', n: 1 },
        ]),
      );
      const [failed] = await lab.database.query(`SELECT last_error, attempts FROM deliveries WHERE state = 'failed'`);
      expect(failed).toEqual({
        last_error: expect.stringContaining('It cannot be put into words: ') as string,
        attempts: 0,
      });
      expect(lab.receiver.seen).toHaveLength(19);
    }));

  it('of a plan leaves that alert untold, and holds up no other', () =>
    poison('delivery_alerts', `fingerprint <> 'd3'`, async () => {
      await fire();
      lab.start();
      await eventually(async () => expect(await statesOf()).toEqual([{ state: 'delivered', n: 19 }]));
      expect(await lab.database.query('SELECT target_name FROM alerts WHERE untold_at IS NOT NULL')).toEqual([
        { target_name: 'd3' },
      ]);
    }));
});
