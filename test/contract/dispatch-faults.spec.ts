import { getEventListeners, once } from 'node:events';
import type { DeliveryOutcome } from '../../src/notifications/channels/channel-driver.port.js';
import { AlertFactsStore } from '../../src/alerts/outbox/alert-facts.store.js';
import { CancelDeliveries } from '../../src/notifications/channels/cancel-deliveries.store.js';
import { ClaimStore } from '../../src/notifications/dispatch/claim.store.js';
import { DispatcherStatus } from '../../src/notifications/dispatch/dispatcher-status.js';
import { PlanStore } from '../../src/notifications/dispatch/plan.store.js';
import { ResultsStore } from '../../src/notifications/dispatch/results.store.js';
import { Sender } from '../../src/notifications/dispatch/sender.service.js';
import { StrandedDeliveries } from '../../src/notifications/dispatch/stranded-deliveries.store.js';
import { DELIVERED, DispatchLab } from '../support/dispatch-lab.js';
import { eventually } from '../support/eventually.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let postgres: TestPostgres;
let lab: DispatchLab;

beforeAll(async () => {
  postgres = await startTestPostgres();
  // Whatever hangs here does so until its test lets it go.
  lab = new DispatchLab(await postgres.openDataSource(), { SWARMWARD_NOTIFY_TIMEOUT_SECONDS: '30' });
});
beforeEach(() => lab.channel('ops'));
afterEach(async () => {
  await Promise.all(others.splice(0).map((other) => other.stop()));
  await lab.reset();
});
afterAll(() => postgres.stop());

const others: DispatchLab[] = [];
/** On the same database, with settings of its own. */
const labWith = (environment: Record<string, string>): DispatchLab => {
  const other = new DispatchLab(lab.database, environment);
  others.push(other);
  return other;
};
/** It does not try again while a test goes on. */
const CALM = { SWARMWARD_NOTIFY_BACKOFF_SECONDS: '3600' };

const ASK_TEST = `
  INSERT INTO deliveries (channel_id, channel_name, channel_kind, kind, severity, group_key, next_attempt_at, give_up_at, asked)
  SELECT id, name, kind, 'test', 'info', 'test', now(), now() + interval '1 hour', true FROM channels`;

const refused = (more: Partial<Extract<DeliveryOutcome, { outcome: 'refused' }>> = {}): DeliveryOutcome => {
  return {
    outcome: 'refused',
    permanent: false,
    status: 500,
    error: 'It answered 500.',
    response: 'oops',
    retryAfterSeconds: null,
    ...more,
  };
};
/** Never answers. */
const hang = (signal: AbortSignal): Promise<DeliveryOutcome> =>
  once(signal, 'abort').then(() => ({ outcome: 'unknown' as const, error: 'No answer.' }));
const keysOf = (name: string) =>
  new Set(
    lab.receiver.seen
      .filter(({ message }) => message.alerts.some((alert) => alert.target_name === name))
      .map(({ message }) => `${message.kind} ${message.id}`),
  );

describe('a receiver that fails', () => {
  it('is asked again later under the same id and with the same content, and hears of the end after the opening', async () => {
    let failures = 2;
    lab.receiver.answer = async () => (failures-- > 0 ? refused() : DELIVERED);
    await lab.fire({ name: 'a' }, { name: 'b' });
    const dispatcher = lab.start();
    await eventually(() => expect(lab.receiver.seen.length).toBeGreaterThan(0));
    await lab.resolve('a');
    dispatcher.wake();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a,b', 'resolved:a']));
    const openings = lab.receiver.seen.filter(({ message }) => message.kind === 'firing');
    expect(openings).toHaveLength(3);
    expect(new Set(openings.map(({ message }) => JSON.stringify(message))).size).toBe(1);
    const log = await lab.database.query(
      'SELECT number, outcome, status, error, response FROM delivery_attempts ORDER BY id LIMIT 1',
    );
    expect(log).toEqual([{ number: 1, outcome: 'refused', status: 500, error: 'It answered 500.', response: 'oops' }]);
  });

  it('hears of neither when the alert ends before it was surely told', async () => {
    const calm = labWith(CALM);
    calm.receiver.answer = async () => refused();
    await lab.fire({ name: 'a' });
    const dispatcher = calm.start();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'retrying' }]));
    await lab.resolve('a');
    calm.receiver.answer = async () => DELIVERED;
    dispatcher.wake();
    await eventually(async () => expect((await lab.deliveries())[0]).toMatchObject({ state: 'cancelled' }));
    await eventually(async () =>
      expect((await lab.deliveries()).map(({ state }) => state)).toEqual(['cancelled', 'cancelled']),
    );
    expect(calm.receiver.told('ops')).toEqual([]);
  });

  it('hears of the end, and no second opening, when the first may have arrived', async () => {
    const hasty = labWith({ SWARMWARD_NOTIFY_TIMEOUT_SECONDS: '1' });
    hasty.receiver.answer = async (_message, _channel, signal) => hang(signal);
    await lab.fire({ name: 'a' });
    const dispatcher = hasty.start();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'sending' }]));
    await lab.resolve('a');
    dispatcher.wake();
    await eventually(async () =>
      expect((await lab.deliveries())[0]).toMatchObject({ state: 'cancelled', uncertain: true }),
    );
    hasty.receiver.answer = async () => DELIVERED;
    await eventually(() => expect(hasty.receiver.told('ops')).toEqual(['resolved:a']));
  });

  it('hears who ended it by hand, and since when it had been there', async () => {
    await lab.fire({ name: 'a' });
    const dispatcher = lab.start();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a']));
    await lab.set('a', `resolution = 'manual', began_at = '2026-11-21T12:00:00Z'`);
    await lab.database.query(
      `INSERT INTO alert_events (alert_id, at, kind, actor) SELECT id, now(), 'resolved', 'anna' FROM alerts`,
    );
    await lab.database.query(`UPDATE alerts SET state = 'resolved', resolved_at = now()`);
    await lab.database.query(`INSERT INTO alert_outbox (alert_id, kind, at) SELECT id, 'resolved', now() FROM alerts`);
    dispatcher.wake();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a', 'resolved:a']));
    expect(lab.receiver.seen.map(({ message }) => message.alerts[0])).toMatchObject([
      { resolution: null, resolved_by: null, began_at: expect.any(String) },
      { resolution: 'manual', resolved_by: 'anna', began_at: '2026-11-21T12:00:00.000Z' },
    ]);
  });

  it('hears of the end also when only a part of it arrived', async () => {
    const calm = labWith(CALM);
    calm.receiver.answer = async () => refused({ partly: true, status: 450 });
    await lab.fire({ name: 'a' });
    const dispatcher = calm.start();
    await eventually(async () =>
      expect(await lab.deliveries()).toMatchObject([{ state: 'retrying', uncertain: true }]),
    );
    await lab.resolve('a');
    calm.receiver.answer = async () => DELIVERED;
    dispatcher.wake();
    await eventually(() => expect(calm.receiver.told('ops')).toEqual(['resolved:a']));
  });

  it('may answer what is cut within a character, of a name that is', async () => {
    const name = `${'💥'.repeat(98)}!${'💥'.repeat(50)}`;
    lab.receiver.answer = async () => ({ outcome: 'delivered', status: 200, response: `${'x'.repeat(999)}💥\0` });
    await lab.fire({ name }, { name: `!${name}`, site: 'Paris' });
    lab.start();
    await eventually(async () =>
      expect(await lab.database.query(`SELECT state, length(title) > 100 AS titled FROM deliveries`)).toEqual([
        { state: 'delivered', titled: true },
        { state: 'delivered', titled: true },
      ]),
    );
    const [{ response }] = await lab.database.query('SELECT response FROM delivery_attempts LIMIT 1');
    expect(response).toBe('x'.repeat(999));
  });

  it('gets no more of what it refuses for good', async () => {
    lab.receiver.answer = async () => refused({ permanent: true, status: 404 });
    await lab.fire({ name: 'a' });
    lab.start();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'failed', attempts: 1 }]));
    const [channel] = await lab.database.query('SELECT last_error, last_failed_at FROM channels');
    expect(channel).toMatchObject({ last_error: 'It answered 500.', last_failed_at: expect.any(Date) });
  });

  it('is left alone for as long as it asks, and given up after a day', async () => {
    lab.receiver.answer = async () => refused({ status: 429, retryAfterSeconds: 120 });
    await lab.fire({ name: 'a' });
    const dispatcher = lab.start();
    const [waiting] = await eventually(async () => {
      const all = await lab.deliveries();
      expect(all).toMatchObject([{ state: 'retrying' }]);
      return all;
    });
    expect(waiting!.at.getTime() - Date.now()).toBeGreaterThan(60_000);
    await lab.skip(86_400);
    await lab.stop();
    lab.start();
    dispatcher.wake();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'failed' }]));
  });

  it('holds up no other channel, and no other group', async () => {
    await lab.channel('other');
    const hanging = new Set<string>();
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    lab.receiver.answer = async (message, { name }) => {
      if (name !== 'ops' || message.group_labels['site'] !== 'Berlin') return DELIVERED;
      hanging.add(message.id);
      return gate.then(() => DELIVERED);
    };
    await lab.fire({ name: 'a' }, { name: 'b', site: 'Paris' });
    lab.start();
    await eventually(() => expect(lab.receiver.told('other').sort()).toEqual(['firing:a', 'firing:b']));
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:b']));
    await eventually(() => expect(hanging.size).toBe(1));
    open();
  });

  it('is not hammered by all that waits for it: it pauses as a whole', async () => {
    let until = Infinity;
    lab.receiver.answer = async () => {
      until = Math.min(until, performance.now() + 500);
      return performance.now() < until ? refused() : DELIVERED;
    };
    await lab.fire(...Array.from({ length: 200 }, (_, index) => ({ name: `d${index}`, site: `s${index}` })));
    lab.start();
    await eventually(async () =>
      expect(await lab.database.query(`SELECT 1 FROM deliveries WHERE state = 'delivered'`)).toHaveLength(200),
    );
    expect(lab.receiver.seen.filter(({ outcome }) => outcome.outcome === 'refused').length).toBeLessThanOrEqual(16);
  });

  it.each([
    ['a test', ASK_TEST],
    [
      'a retry',
      `UPDATE deliveries SET next_attempt_at = now(), asked = true WHERE id = (SELECT max(id::text)::uuid FROM deliveries)`,
    ],
  ])('hears of %s while it pauses, and of all the rest when it is mended', async (_, asked) => {
    const calm = labWith(CALM);
    calm.receiver.answer = async () => refused();
    await calm.fire(...Array.from({ length: 8 }, (_each, index) => ({ name: `d${index}`, site: `s${index}` })));
    const dispatcher = calm.start();
    await eventually(async () =>
      expect(await lab.database.query(`SELECT 1 FROM deliveries WHERE state = 'retrying'`)).toHaveLength(8),
    );
    calm.receiver.answer = async () => DELIVERED;
    await lab.database.query(asked);
    dispatcher.wake();
    await eventually(async () =>
      expect(await lab.database.query(`SELECT 1 FROM deliveries WHERE state <> 'delivered'`)).toEqual([]),
    );
  });
});

it('what was retried by hand passes a pause once: it waits for its further attempts like all others', async () => {
  const calm = labWith(CALM);
  calm.receiver.answer = async () => refused();
  await calm.fire(...Array.from({ length: 8 }, (_each, index) => ({ name: `d${index}`, site: `s${index}` })));
  const dispatcher = calm.start();
  const attempts = async () =>
    (await calm.deliveries()).map(({ kind, attempts: made }) => `${kind} ${made}`).sort().join(); // prettier-ignore
  await eventually(async () => expect(await attempts()).toBe(Array(8).fill('firing 1').join()));
  await lab.database.query(`UPDATE deliveries SET next_attempt_at = now(), asked = true, requested_by = 'ops'`);
  dispatcher.wake();
  await eventually(async () => expect(await attempts()).toBe(Array(8).fill('firing 2').join()));
  await eventually(async () =>
    expect(await lab.database.query(`SELECT FROM deliveries WHERE state = 'sending'`)).toEqual([]),
  );
  await lab.skip(86_000);
  // What is asked for after it goes before it.
  await lab.database.query(ASK_TEST);
  dispatcher.wake();
  await eventually(async () => expect(await attempts()).toMatch(/test 1$/));
  expect(await attempts()).toBe([...Array(8).fill('firing 2'), 'test 1'].join());
});

it('a notice that becomes due just after others were claimed goes out at its time', async () => {
  await lab.route({ group_wait_seconds: 3_600 });
  await lab.fire({ name: 'a' });
  await lab.planner().takeOutbox();
  await lab.database.query(`UPDATE deliveries SET next_attempt_at = now() + interval '1 s'`);
  const { claim } = ClaimStore.prototype;
  const claims = jest.spyOn(ClaimStore.prototype, 'claim').mockImplementationOnce(async function (
    this: ClaimStore,
    ...asked
  ) {
    const claimed = await claim.apply(this, asked);
    await eventually(async () =>
      expect(await lab.database.query('SELECT 1 FROM deliveries WHERE next_attempt_at < now()')).toHaveLength(1),
    );
    return claimed;
  });
  lab.start();
  await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a']), { timeoutMs: 15_000 });
  claims.mockRestore();
});

it('two that plan at once make one notice of a group', async () => {
  await lab.route({ group_wait_seconds: 3_600 });
  await lab.fire({ name: 'a' });
  let second: Promise<unknown> | undefined;
  const { write } = PlanStore.prototype;
  jest.spyOn(PlanStore.prototype, 'write').mockImplementationOnce(async function (this: PlanStore, ...planned) {
    await lab.fire({ name: 'b' });
    second = lab.planner().takeOutbox();
    const isWaiting = eventually(async () =>
      expect(await lab.database.query('SELECT FROM pg_locks WHERE NOT granted')).not.toHaveLength(0),
    );
    await Promise.race([second, isWaiting]);
    return write.apply(this, planned);
  });
  await lab.planner().takeOutbox();
  await second;
  expect(await lab.deliveries()).toMatchObject([{ state: 'waiting', members: 2 }]);
});

describe('a process that dies', () => {
  it('while it sends: another sends the same again, under the same id', async () => {
    await lab.fire({ name: 'a' });
    await lab.planner().takeOutbox();
    const [channel] = await lab.database.query<[{ id: string }]>('SELECT id FROM channels');
    const [lost] = await lab.claimer().claim([{ channelId: channel.id, free: 8, enabled: true }]);
    const dispatcher = lab.start();
    expect(await lab.deliveries()).toMatchObject([{ state: 'sending', attempts: 1 }]);
    await lab.skip(60);
    dispatcher.wake();
    await eventually(async () =>
      expect(await lab.deliveries()).toMatchObject([{ state: 'delivered', attempts: 2, uncertain: true }]),
    );
    expect(lab.receiver.seen[0]!.message).toEqual(lost!.message);
    expect(await lab.database.query('SELECT number, outcome FROM delivery_attempts ORDER BY id')).toEqual([
      { number: 1, outcome: 'unknown' },
      { number: 2, outcome: 'delivered' },
    ]);
  });

  it('only seemingly: what another has claimed meanwhile is left to it', async () => {
    await lab.fire({ name: 'a' });
    await lab.planner().takeOutbox();
    const [{ id: channelId }] = await lab.database.query<[{ id: string }]>('SELECT id FROM channels');
    const claim = () => lab.claimer().claim([{ channelId, free: 8, enabled: true }]);
    const [frozen] = await claim();
    await lab.skip(60);
    expect(await claim()).toHaveLength(1);
    const late = { deliveryId: frozen!.id, channelId, number: 1, startedAt: performance.now(), durationMs: 1 };
    await new ResultsStore(lab.database).write([{ ...late, outcome: DELIVERED, nextInMs: 0 }], []);
    expect(await lab.deliveries()).toMatchObject([{ state: 'sending', attempts: 2 }]);
  });

  it('while it sends to a channel that is switched off then: it is over, and the end is told once it is on again', async () => {
    await lab.fire({ name: 'a' });
    await lab.planner().takeOutbox();
    const [channel] = await lab.database.query<[{ id: string }]>('SELECT id FROM channels');
    await lab.claimer().claim([{ channelId: channel.id, free: 8, enabled: true }]);
    await lab.database.query('UPDATE channels SET enabled = false');
    await lab.skip(60);
    const dispatcher = lab.start();
    await eventually(async () =>
      expect(await lab.deliveries()).toMatchObject([{ state: 'cancelled', uncertain: true }]),
    );
    expect(await lab.database.query('SELECT number, outcome FROM delivery_attempts')).toEqual([
      { number: 1, outcome: 'unknown' },
    ]);
    await lab.database.query('UPDATE channels SET enabled = true');
    await lab.resolve('a');
    dispatcher.channelsChanged();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['resolved:a']));
  });

  it('while it plans: nothing is taken', async () => {
    await lab.fire({ name: 'a' });
    const planner = lab.planner();
    await expect(
      lab.database.transaction(async () => {
        jest.spyOn(lab.database, 'transaction').mockImplementationOnce((async (
          work: (manager: unknown) => Promise<unknown>,
        ) => {
          const runner = lab.database.createQueryRunner();
          await runner.startTransaction();
          await work(runner.manager);
          await runner.rollbackTransaction();
          await runner.release();
          throw new Error('killed');
        }) as never);
        await planner.takeOutbox();
      }),
    ).rejects.toThrow('killed');
    expect(await lab.deliveries()).toHaveLength(0);
    lab.start();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a']));
  });

  it('in order: what is under way is finished first, the rest is given back untouched', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    lab.receiver.answer = () => gate.then(() => DELIVERED);
    await lab.fire(...Array.from({ length: 20 }, (_, index) => ({ name: `d${index}`, site: `s${index}` })));
    lab.start();
    await eventually(async () =>
      expect(await lab.database.query(`SELECT 1 FROM deliveries WHERE state = 'sending'`)).toHaveLength(8),
    );
    const stopped = lab.stop();
    open();
    await stopped;
    const states = (await lab.deliveries()).map(
      ({ state, attempts, uncertain }) => `${state} ${attempts} ${uncertain}`,
    );
    expect(new Set(states)).toEqual(new Set(['delivered 1 false', 'waiting 0 false']));
  });
});

describe('a channel that is deleted', () => {
  const remove = (work = async (): Promise<void> => undefined) =>
    lab.database.transaction(async (manager) => {
      const [{ id }] = await manager.query<[{ id: string }]>('SELECT id FROM channels FOR UPDATE');
      await work();
      await new CancelDeliveries().ofChannel(id, manager);
      await manager.query('DELETE FROM channels WHERE id = $1', [id]);
    });
  const isWaiting = () =>
    eventually(async () =>
      expect(await lab.database.query('SELECT FROM pg_locks WHERE NOT granted')).not.toHaveLength(0),
    );

  it('while it is planned what it is told: another is told it', async () => {
    await lab.fire({ name: 'a' });
    let deleted: Promise<unknown> | undefined;
    const { write } = PlanStore.prototype;
    jest.spyOn(PlanStore.prototype, 'write').mockImplementationOnce(async function (this: PlanStore, ...planned) {
      deleted = remove();
      await isWaiting();
      return write.apply(this, planned);
    });
    const planner = lab.planner();
    await planner.takeOutbox();
    await deleted;
    expect(await lab.deliveries()).toMatchObject([{ state: 'cancelled' }]);
    await lab.channel('new');
    await planner.replan();
    expect(await lab.deliveries()).toMatchObject([{ state: 'cancelled' }, { state: 'waiting', members: 1 }]);
  });

  it('while what it was to be told changes: another is told it', async () => {
    await lab.fire({ name: 'a' });
    const planner = lab.planner();
    await planner.takeOutbox();
    const evaluator = lab.database.createQueryRunner();
    await evaluator.startTransaction();
    await evaluator.query(`UPDATE alerts SET summary = 'changed'`);
    const deleted = remove();
    await isWaiting();
    await evaluator.commitTransaction();
    await evaluator.release();
    await deleted;
    await lab.channel('new');
    await planner.replan();
    expect(await lab.deliveries()).toMatchObject([{ state: 'cancelled' }, { state: 'waiting', members: 1 }]);
  });

  it('before what it was told ends: nobody is told the end', async () => {
    await lab.fire({ name: 'a' });
    lab.start();
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a']));
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'delivered' }]));
    await remove();
    await lab.resolve('a');
    await lab.planner().takeOutbox();
    expect(await lab.deliveries()).toMatchObject([{ kind: 'firing' }]);
  });

  it('while it is written down how an attempt ended: neither waits for the other for ever', async () => {
    await lab.fire({ name: 'a' });
    await lab.planner().takeOutbox();
    const [{ id: channelId }] = await lab.database.query('SELECT id FROM channels');
    const [claimed] = await lab.claimer().claim([{ channelId, free: 1, enabled: true }]);
    const result = { deliveryId: claimed!.id, channelId, number: 1, startedAt: performance.now(), durationMs: 1 };
    await remove(async () => {
      await new ResultsStore(lab.database).write([{ ...result, outcome: DELIVERED, nextInMs: 0 }], []);
    });
    expect(await lab.deliveries()).toMatchObject([{ state: 'delivered' }]);
  });
});

it.each(['untell', 'setUntold', 'setTold'] as const)(
  '%s locks alerts in the order of their ids, like everybody',
  async (what) => {
    const ids = [...(await lab.fire({ name: 'a' }, { name: 'b' }, { name: 'c' })).values()].sort();
    // The first lies last.
    await lab.database.query('UPDATE alerts SET summary = summary WHERE id = $1', [ids[0]]);
    const holder = lab.database.createQueryRunner();
    await holder.startTransaction();
    await holder.query(`UPDATE alerts SET summary = 'changed' WHERE id = $1`, [ids[0]]);
    const work = new AlertFactsStore()[what](ids, lab.database.manager);
    await eventually(async () =>
      expect(await lab.database.query('SELECT FROM pg_locks WHERE NOT granted')).not.toHaveLength(0),
    );
    const free = await lab.database.query(`SELECT FROM alerts FOR NO KEY UPDATE SKIP LOCKED`);
    await holder.commitTransaction();
    await holder.release();
    await work;
    expect(free).toHaveLength(2);
    expect(await lab.database.query('SELECT FROM alerts WHERE updated_at > created_at')).toHaveLength(3);
  },
);

describe('two dispatchers at once', () => {
  it('tell everybody everything once and in order, also of alerts that open again', async () => {
    lab.receiver.answer = async () => (Math.random() < 0.2 ? refused() : DELIVERED);
    const [one, two] = [lab.start(), lab.start()];
    const names = Array.from({ length: 30 }, (_, index) => `d${index}`);
    for (let round = 0; round < 3; round++) {
      await lab.fire(...names.map((name) => ({ name, site: `s${Number(name.slice(1)) % 10}` })));
      one.wake();
      two.wake();
      await eventually(async () =>
        expect(await lab.database.query('SELECT 1 FROM alert_outbox WHERE taken_at IS NULL')).toHaveLength(0),
      );
      await lab.resolve(...names);
      two.wake();
      one.wake();
    }
    await eventually(
      async () => {
        expect(await lab.database.query('SELECT 1 FROM alert_outbox WHERE taken_at IS NULL')).toHaveLength(0);
        expect((await lab.deliveries()).filter(({ state }) => !['delivered', 'cancelled'].includes(state))).toEqual([]);
      },
      { timeoutMs: 80_000 },
    );
    const told = lab.receiver.seen
      .filter(({ outcome }) => outcome.outcome === 'delivered')
      .map(({ message }) => message);
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
    for (const name of names) {
      const kinds = told
        .filter(({ alerts }) => alerts.some((alert) => alert.target_name === name))
        .map(({ kind }) => kind);
      expect(kinds).toEqual(kinds.map((_, index) => (index % 2 ? 'resolved' : 'firing')));
      expect(kinds.length % 2).toBe(0);
    }
  }, 120_000);
});

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

it('what was claimed and given back says what is true when it goes out', async () => {
  await lab.fire({ name: 'a' }, { name: 'b' });
  await lab.planner().takeOutbox();
  const [{ id: channelId }] = await lab.database.query<[{ id: string }]>('SELECT id FROM channels');
  const [claimed] = await lab.claimer().claim([{ channelId, free: 8, enabled: true }]);
  const givenBack = {
    deliveryId: claimed!.id,
    channelId,
    number: 1,
    startedAt: 0,
    durationMs: 0,
    outcome: null,
    nextInMs: 0,
  };
  await new ResultsStore(lab.database).write([givenBack], []);
  await lab.resolve('a');
  lab.start();
  await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:b']));
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

it('many that are under way at once are no leak of listeners, of which Node.js would warn', async () => {
  const send = jest.spyOn(Sender.prototype, 'send');
  for (let index = 0; index < 49; index++) await lab.channel(`c${index}`);
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  lab.receiver.answer = () => gate.then(() => DELIVERED);
  await lab.fire({ name: 'a' });
  lab.start();
  await eventually(() => expect(send).toHaveBeenCalledTimes(50));
  const ending = send.mock.calls[0]![2];
  // What `events.getMaxListeners` reads; it takes no signal of Jest's.
  const most = Object.getOwnPropertySymbols(ending).find(({ description }) =>
    description?.includes('maxEventTargetListeners'),
  )!;
  expect([getEventListeners(ending, 'abort').length, Reflect.get(ending, most)]).toEqual([50, 0]);
  open();
  await eventually(() => expect(lab.receiver.seen).toHaveLength(50));
  await eventually(() => expect(getEventListeners(ending, 'abort')).toEqual([]));
  send.mockRestore();
});
