import { AlertFactsStore } from '../../src/alerts/outbox/alert-facts.store.js';
import { CancelDeliveries } from '../../src/notifications/channels/cancel-deliveries.store.js';
import { ClaimStore } from '../../src/notifications/dispatch/claim.store.js';
import { PlanStore } from '../../src/notifications/dispatch/plan.store.js';
import { ResultsStore } from '../../src/notifications/dispatch/results.store.js';
import { DELIVERED, type DispatchLab } from '../support/dispatch-lab.js';
import { eachWithOps, refused } from '../support/dispatch-to-ops.js';
import { eventually } from '../support/eventually.js';

let lab: DispatchLab;
eachWithOps((started) => (lab = started));

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
