import { ResultsStore } from '../../src/notifications/dispatch/results.store.js';
import { countStatements } from '../support/count-statements.js';
import { DispatchLab } from '../support/dispatch-lab.js';
import { eventually } from '../support/eventually.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let postgres: TestPostgres;
let lab: DispatchLab;

beforeAll(async () => {
  postgres = await startTestPostgres();
  lab = new DispatchLab(await postgres.openDataSource());
});
afterEach(() => lab.reset());
afterAll(() => postgres.stop());

const many = (count: number, site = 'Berlin') =>
  Array.from({ length: count }, (_, index) => ({ name: `${site}-${index}`, site }));

describe('who is told', () => {
  it('tells 200 alerts of one site in one notice, and their end in one', async () => {
    await lab.channel('ops');
    const alerts = many(200);
    await lab.fire(...alerts);
    const dispatcher = lab.start();
    await eventually(() => expect(lab.receiver.seen).toHaveLength(1));
    expect(lab.receiver.seen[0]!.message).toMatchObject({ kind: 'firing', title: '200 alerts in Berlin: Device down' });
    expect(lab.receiver.seen[0]!.message.alerts).toHaveLength(200);
    await lab.resolve(...alerts.map(({ name }) => name));
    dispatcher.wake();
    await eventually(() => expect(lab.receiver.seen).toHaveLength(2));
    const { message } = lab.receiver.seen[1]!;
    expect([message.kind, message.alerts.length, message.alerts[0]!.status]).toEqual(['resolved', 200, 'resolved']);
    expect(message.id).not.toBe(lab.receiver.seen[0]!.message.id);
  });

  it('splits 1,200 into notices of at most 500', async () => {
    await lab.channel('ops');
    await lab.fire(...many(1_200));
    lab.start();
    await eventually(() =>
      expect(lab.receiver.seen.reduce((sum, { message }) => sum + message.alerts.length, 0)).toBe(1_200),
    );
    expect(lab.receiver.seen.map(({ message }) => message.alerts.length).sort()).toEqual([200, 500, 500]);
  });

  it('takes what nobody is to be told of, and sends nothing', async () => {
    await lab.fire({ name: 'a' });
    lab.start();
    await eventually(async () =>
      expect(await lab.database.query('SELECT 1 FROM alert_outbox WHERE taken_at IS NULL')).toHaveLength(0),
    );
    expect(await lab.deliveries()).toHaveLength(0);
  });

  it('tells what fires already when there is a channel for it, and no end of what was told to nobody', async () => {
    const [untold, told] = [lab.planner(), 'SELECT target_name AS name FROM alerts WHERE untold_at IS NULL ORDER BY 1'];
    await lab.channel('off', { enabled: false });
    await lab.channel('other', { isDefault: false });
    await lab.fire(...many(30), { name: 'gone' });
    await untold.takeOutbox();
    await untold.replan();
    expect(await lab.database.query(told)).toEqual([]);
    await lab.resolve('gone');
    const dispatcher = lab.start();
    await eventually(async () =>
      expect(await lab.database.query('SELECT 1 FROM alert_outbox WHERE taken_at IS NULL')).toHaveLength(0),
    );
    expect(await lab.deliveries()).toEqual([]);
    await lab.database.query(`UPDATE channels SET enabled = true WHERE name = 'off'`);
    dispatcher.channelsChanged();
    await eventually(() => expect(lab.receiver.seen).toHaveLength(1));
    expect(lab.receiver.seen[0]!.message).toMatchObject({ kind: 'firing', title: '30 alerts in Berlin: Device down' });
    await eventually(async () => expect(await lab.database.query(told)).toHaveLength(30));
    await lab.database.query(`UPDATE channels SET is_default = true`);
    await lab.resolve('Berlin-0');
    dispatcher.channelsChanged();
    await eventually(() => expect(lab.receiver.told('off')[1]).toBe('resolved:Berlin-0'));
    expect(lab.receiver.told('other')).toEqual([]);
  });

  it('does not wait for a channel that is switched off, but tells it the end when it is on again', async () => {
    const ops = await lab.channel('ops');
    const [set, reset] = [
      (enabled: boolean) => lab.database.query('UPDATE channels SET enabled = $2 WHERE id = $1', [ops, enabled]),
      () => lab.database.query('DELETE FROM notification_routes'),
    ];
    await lab.fire({ name: 'told' });
    const dispatcher = lab.start();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'delivered' }]));
    await lab.route({ group_wait_seconds: 3_600 });
    await lab.fire({ name: 'waits' });
    dispatcher.wake();
    await eventually(async () => expect(await lab.deliveries()).toHaveLength(2));
    await set(false);
    dispatcher.channelsChanged();
    await eventually(async () => expect((await lab.deliveries())[1]).toMatchObject({ state: 'cancelled' }));
    await lab.resolve('told');
    await reset();
    dispatcher.wake();
    await eventually(async () =>
      expect((await lab.deliveries())[2]).toMatchObject({ kind: 'resolved', state: 'waiting' }),
    );
    await lab.fire({ name: 'later' });
    dispatcher.wake();
    await eventually(async () =>
      expect(
        await lab.database.query('SELECT target_name AS name FROM alerts WHERE untold_at IS NOT NULL ORDER BY 1'),
      ).toEqual([{ name: 'later' }, { name: 'waits' }]),
    );
    await set(true);
    dispatcher.channelsChanged();
    await eventually(() => expect(lab.receiver.seen).toHaveLength(3));
    expect(lab.receiver.told('ops').sort()).toEqual(['firing:later,waits', 'firing:told', 'resolved:told']);
  });

  it('calls it no failure when a channel stays switched off for a day', async () => {
    const ops = await lab.channel('ops');
    await lab.fire({ name: 'a' });
    const dispatcher = lab.start();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'delivered' }]));
    await lab.database.query('UPDATE channels SET enabled = false WHERE id = $1', [ops]);
    dispatcher.channelsChanged();
    await lab.resolve('a');
    dispatcher.wake();
    await eventually(async () => expect(await lab.deliveries()).toHaveLength(2));
    await lab.skip(86_400);
    await new ResultsStore(lab.database).giveUp();
    expect((await lab.deliveries())[1]).toMatchObject({ state: 'cancelled' });
  });
});

describe('what ends or is taken in hand before it is told', () => {
  beforeEach(async () => {
    await lab.channel('ops');
    await lab.route({ group_wait_seconds: 3_600 });
  });
  const gathered = () => eventually(async () => expect(await lab.deliveries()).toHaveLength(1));
  const announced = async (name: string): Promise<boolean> => {
    const [row] = await lab.database.query<[{ told: boolean }]>(
      'SELECT announced_at IS NOT NULL AS told FROM alerts WHERE target_name = $1',
      [name],
    );
    return row.told;
  };

  it('cancels an opening whose alerts end first, and tells no end', async () => {
    await lab.fire({ name: 'a' }, { name: 'b' });
    const dispatcher = lab.start();
    await gathered();
    await lab.resolve('a');
    dispatcher.wake();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'waiting', members: 1 }]));
    await lab.resolve('b');
    dispatcher.wake();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'cancelled', members: 0 }]));
    expect(lab.receiver.seen).toHaveLength(0);
  });

  it('gathers what comes later; an alert that is critical pulls it forward to 5 s', async () => {
    await lab.fire({ name: 'a' });
    const dispatcher = lab.start();
    await gathered();
    await lab.fire({ name: 'b' });
    dispatcher.wake();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ members: 2 }]));
    await lab.fire({ name: 'c', severity: 'critical' });
    dispatcher.wake();
    const [only] = await eventually(async () => {
      const all = await lab.deliveries();
      expect(all).toMatchObject([{ members: 3 }]);
      return all;
    });
    expect(only!.at.getTime() - Date.now()).toBeLessThanOrEqual(5_000);
    await lab.skip(5);
    dispatcher.wake();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a,b,c']));
    expect(lab.receiver.seen[0]!.message.severity).toBe('critical');
  });

  it.each([
    ['an ack', `ack_at = now(), ack_by = 'me'`, 'acknowledged'],
    ['a silence', `suppressed_by = 'silence'`, 'suppressed'],
  ])('%s in the group wait keeps it back, to be announced anew', async (_name, columns, reason) => {
    await lab.fire({ name: 'a' }, { name: 'b' });
    const dispatcher = lab.start();
    await gathered();
    await lab.set('a', columns);
    await lab.skip(3_600);
    dispatcher.wake();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:b']));
    expect(await lab.database.query('SELECT dropped FROM delivery_alerts WHERE dropped IS NOT NULL')).toEqual([
      { dropped: reason },
    ]);
    expect([await announced('a'), await announced('b')]).toEqual([false, true]);
    // Never told that it fires: its end is not told either.
    await lab.resolve('a', 'b');
    dispatcher.wake();
    await eventually(async () => expect(await lab.deliveries()).toHaveLength(2));
    await lab.skip(3_600);
    dispatcher.wake();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:b', 'resolved:b']));
  });

  it('is not announced anew while another channel has heard of it', async () => {
    const slow = await lab.channel('slow', { isDefault: false });
    await lab.database.query('DELETE FROM notification_routes');
    await lab.route({ position: 1, continues: true });
    await lab.route({
      position: 2,
      channel_ids: [slow, (await lab.database.query('SELECT id FROM channels WHERE name = $1', ['ops']))[0].id],
    });
    lab.receiver.answer = async (_message, { name }) =>
      name === 'slow'
        ? { outcome: 'refused', permanent: false, status: 500, error: 'down', response: null, retryAfterSeconds: null }
        : { outcome: 'delivered', status: 200, response: null };
    await lab.fire({ name: 'a' });
    const dispatcher = lab.start();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a']));
    await eventually(async () =>
      expect((await lab.deliveries()).map(({ state }) => state).sort()).toEqual(['delivered', 'retrying']),
    );
    await lab.set('a', `ack_at = now(), ack_by = 'me'`);
    await lab.skip(3_600);
    dispatcher.wake();
    await eventually(async () =>
      expect((await lab.deliveries()).map(({ state }) => state).sort()).toEqual(['cancelled', 'delivered']),
    );
    expect(await announced('a')).toBe(true);
    await lab.resolve('a');
    dispatcher.wake();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a', 'resolved:a']));
    expect(lab.receiver.told('slow')).toEqual([]);
  });
});

describe('routes', () => {
  it('go by severity, tag, site and group of the device; the default channels get the rest', async () => {
    await lab.channel('rest');
    const [core, berlin, loud] = [
      await lab.channel('core', { isDefault: false }),
      await lab.channel('berlin', { isDefault: false }),
      await lab.channel('loud', { isDefault: false }),
    ];
    await lab.database.query(
      `INSERT INTO sites (name) VALUES ('Germany'); INSERT INTO sites (name, parent_id) SELECT 'Berlin', id FROM sites`,
    );
    await lab.database.query(
      `INSERT INTO devices (name, ip, site_id, tags, profile_id) SELECT name, ip, CASE WHEN here THEN (SELECT id FROM sites WHERE name = 'Berlin') END, tags,
         (SELECT id FROM profiles WHERE is_default)
       FROM (VALUES ('tagged', '10.0.0.1', false, ARRAY['core']), ('placed', '10.0.0.2', true, '{}'), ('neither', '10.0.0.3', false, '{}')) x (name, ip, here, tags)`,
    );
    await lab.route({ position: 1, matchers: { severities: ['critical'] }, channel_ids: [loud], continues: true });
    await lab.route({ position: 2, matchers: { tags: ['core'] }, channel_ids: [core] });
    await lab.route({ position: 3, matchers: { sites: ['Germany'] }, channel_ids: [berlin] });
    await lab.fire(
      { name: 'tagged', severity: 'critical' },
      { name: 'placed' },
      { name: 'neither' },
      { name: 'no-device' },
    );
    await lab.database.query('UPDATE alerts a SET device_id = d.id FROM devices d WHERE d.name = a.target_name');
    await lab.database.query(`UPDATE alert_outbox SET at = at - interval '1 minute'`);
    lab.start();
    await eventually(() => expect(lab.receiver.seen).toHaveLength(4));
    expect(['loud', 'core', 'berlin', 'rest'].map((name) => lab.receiver.told(name))).toEqual([
      ['firing:tagged'],
      ['firing:tagged'],
      ['firing:placed'],
      ['firing:neither,no-device'],
    ]);
  });

  it('hold notices back in quiet hours, tell critical ones, and tell the end of what was told at once', async () => {
    await lab.channel('ops');
    await lab.fire({ name: 'before' });
    const dispatcher = lab.start();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:before']));
    const week = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
    const today = new Date().getUTCDay();
    await lab.route({
      quiet_hours: {
        timezone: 'UTC',
        days: [week[today], week[(today + 1) % 7]],
        from: '00:00',
        to: '00:00',
        except: ['critical'],
      },
    });
    await lab.fire({ name: 'held' }, { name: 'short' });
    await lab.fire({ name: 'loud', severity: 'critical' });
    await lab.resolve('before', 'short');
    await lab.database.query(`UPDATE alert_outbox SET at = at - interval '1 minute'`);
    dispatcher.wake();
    await eventually(() => expect(lab.receiver.told('ops')).toHaveLength(3));
    expect(lab.receiver.told('ops').sort()).toEqual(['firing:before', 'firing:loud', 'resolved:before']);
    const held = (await lab.deliveries()).filter((each) => each.held);
    expect(held).toMatchObject([{ state: 'waiting', members: 1 }]);
    expect(held[0]!.at.toISOString()).toMatch(/T00:00:00.000Z$/);
    await lab.skip(2 * 86_400);
    dispatcher.wake();
    await eventually(() => expect(lab.receiver.told('ops')).toHaveLength(4));
    expect(lab.receiver.told('ops')[3]).toBe('firing:held');
  });

  it('remind and escalate until somebody acknowledges, and tell the end to all who were told', async () => {
    await lab.channel('ops');
    const boss = await lab.channel('boss', { isDefault: false });
    await lab.route({ remind_every_minutes: 60, escalate_after_minutes: 30, escalate_channel_ids: [boss] });
    await lab.fire({ name: 'a' });
    const dispatcher = lab.start();
    const after = async (seconds: number, told: string[], toBoss: string[]) => {
      await lab.skip(seconds);
      dispatcher.wake();
      await eventually(async () => {
        expect([lab.receiver.told('ops'), lab.receiver.told('boss')]).toEqual([told, toBoss]);
        expect((await lab.deliveries()).filter(({ state }) => state !== 'delivered')).toEqual([]);
      });
    };
    await after(0, ['firing:a'], []);
    await after(1_800, ['firing:a'], ['escalation:a']);
    await after(1_800, ['firing:a', 'reminder:a'], ['escalation:a', 'reminder:a']);
    await lab.set('a', `ack_at = now(), ack_by = 'me'`);
    await after(3_600, ['firing:a', 'reminder:a'], ['escalation:a', 'reminder:a']);
    await eventually(async () =>
      expect(await lab.database.query('SELECT remind_at < now() AS late FROM alert_follow_ups')).toEqual([
        { late: false },
      ]),
    );
    await lab.resolve('a');
    await after(0, ['firing:a', 'reminder:a', 'resolved:a'], ['escalation:a', 'reminder:a', 'resolved:a']);
    expect(await lab.database.query('SELECT 1 FROM alert_follow_ups')).toHaveLength(0);
  });
});

it('an escalation that an acknowledgement kept back is made when that ends', async () => {
  await lab.channel('ops');
  const boss = await lab.channel('boss', { isDefault: false });
  const escalating = { escalate_after_minutes: 30, escalate_channel_ids: [boss] };
  await lab.route({ group_wait_seconds: 3_600, remind_every_minutes: 1_000, ...escalating });
  await lab.fire({ name: 'a' });
  const dispatcher = lab.start();
  const after = async (seconds: number, expected: string[]) => {
    await lab.skip(seconds);
    dispatcher.wake();
    await eventually(async () =>
      expect((await lab.deliveries()).map(({ kind, state }) => `${kind} ${state}`)).toEqual(expected),
    );
  };
  await after(0, ['firing waiting']);
  await after(3_600, ['firing delivered']);
  await after(1_800, ['firing delivered', 'escalation waiting']);
  await lab.set('a', `ack_at = now(), ack_by = 'me'`);
  await after(3_600, ['firing delivered', 'escalation cancelled']);
  await lab.set('a', 'ack_at = NULL, ack_by = NULL');
  await after(60, ['firing delivered', 'escalation cancelled', 'escalation waiting']);
  await after(3_600, ['firing delivered', 'escalation cancelled', 'escalation delivered']);
  expect([lab.receiver.told('ops'), lab.receiver.told('boss')]).toEqual([['firing:a'], ['escalation:a']]);
});

describe('statements', () => {
  const statementsOf = async (count: number): Promise<[number, number]> => {
    await lab.channel('ops');
    await lab.fire(...many(count / 2), ...many(count / 2, 'Paris').map((each) => ({ ...each, site: each.name })));
    const planned = await countStatements(lab.database, () => lab.planner().takeOutbox());
    const [channel] = await lab.database.query<[{ id: string }]>('SELECT id FROM channels');
    const claimed = await countStatements(lab.database, () =>
      lab.claimer().claim([{ channelId: channel.id, free: 1_000, enabled: true }]),
    );
    await lab.reset();
    return [planned, claimed];
  };

  it('are the same for 2 alerts and for 800', async () => {
    const few = await statementsOf(2);
    expect(await statementsOf(800)).toEqual(few);
    expect(Math.max(...few)).toBeLessThanOrEqual(8);
  });
});
