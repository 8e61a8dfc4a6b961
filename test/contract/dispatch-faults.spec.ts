import { once } from 'node:events';
import type { DeliveryOutcome } from '../../src/notifications/channels/channel-driver.port.js';
import { ClaimStore } from '../../src/notifications/dispatch/claim.store.js';
import { DispatcherStatus } from '../../src/notifications/dispatch/dispatcher-status.js';
import { ResultsStore } from '../../src/notifications/dispatch/results.store.js';
import { DELIVERED, DispatchLab } from '../support/dispatch-lab.js';
import { eventually } from '../support/eventually.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let postgres: TestPostgres;
let lab: DispatchLab;

beforeAll(async () => {
  postgres = await startTestPostgres();
  lab = new DispatchLab(await postgres.openDataSource());
});
beforeEach(() => lab.channel('ops'));
afterEach(() => lab.reset());
afterAll(() => postgres.stop());

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
    lab.receiver.answer = async () => refused();
    await lab.fire({ name: 'a' });
    const dispatcher = lab.start();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'retrying' }]));
    await lab.resolve('a');
    lab.receiver.answer = async () => DELIVERED;
    dispatcher.wake();
    await eventually(async () => expect((await lab.deliveries())[0]).toMatchObject({ state: 'cancelled' }));
    await eventually(async () =>
      expect((await lab.deliveries()).map(({ state }) => state)).toEqual(['cancelled', 'cancelled']),
    );
    expect(lab.receiver.told('ops')).toEqual([]);
  });

  it('hears of the end, and no second opening, when the first may have arrived', async () => {
    lab.receiver.answer = async (_message, _channel, signal) => hang(signal);
    await lab.fire({ name: 'a' });
    const dispatcher = lab.start();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'sending' }]));
    await lab.resolve('a');
    dispatcher.wake();
    await eventually(async () =>
      expect((await lab.deliveries())[0]).toMatchObject({ state: 'cancelled', uncertain: true }),
    );
    lab.receiver.answer = async () => DELIVERED;
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['resolved:a']));
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
    expect(waiting!.at.getTime() - Date.now()).toBeGreaterThan(110_000);
    await lab.skip(86_400);
    await lab.stop();
    lab.start();
    dispatcher.wake();
    await eventually(async () => expect(await lab.deliveries()).toMatchObject([{ state: 'failed' }]));
  });

  it('holds up no other channel, and no other group', async () => {
    await lab.channel('other');
    const hanging = new Set<string>();
    lab.receiver.answer = async (message, { name }, signal) => {
      if (name !== 'ops' || message.group_labels['site'] !== 'Berlin') return DELIVERED;
      hanging.add(message.id);
      return hang(signal);
    };
    await lab.fire({ name: 'a' }, { name: 'b', site: 'Paris' });
    lab.start();
    await eventually(() => expect(lab.receiver.told('other').sort()).toEqual(['firing:a', 'firing:b']), {
      timeoutMs: 900,
    });
    await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:b']), { timeoutMs: 900 });
    expect(hanging.size).toBe(1);
  });

  it('is not hammered by all that waits for it: it pauses as a whole', async () => {
    lab.receiver.answer = async () => refused();
    await lab.fire(...Array.from({ length: 200 }, (_, index) => ({ name: `d${index}`, site: `s${index}` })));
    lab.start();
    await eventually(() => expect(lab.receiver.seen.length).toBeGreaterThanOrEqual(8));
    lab.receiver.answer = async () => DELIVERED;
    await eventually(async () =>
      expect(await lab.database.query(`SELECT 1 FROM deliveries WHERE state = 'delivered'`)).toHaveLength(200),
    );
    expect(lab.receiver.seen.filter(({ outcome }) => outcome.outcome === 'refused').length).toBeLessThanOrEqual(16);
  });
});

it('a notice that becomes due just after others were claimed goes out at its time', async () => {
  await lab.route({ group_wait_seconds: 3_600 });
  await lab.fire({ name: 'a' });
  await lab.planner().takeOutbox();
  await lab.database.query(`UPDATE deliveries SET next_attempt_at = now() + interval '300 ms'`);
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
  await eventually(() => expect(lab.receiver.told('ops')).toEqual(['firing:a']), { timeoutMs: 5_000 });
  claims.mockRestore();
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
      { timeoutMs: 30_000 },
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
  });
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
    expect(status.lastPassAgeMs()).toBeLessThan(5_000);
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

it('many that are under way at once leave nothing on stderr', async () => {
  const warnings: string[] = [];
  const hear = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', hear);
  for (let index = 0; index < 50; index++) await lab.channel(`c${index}`);
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let underWay = 0;
  lab.receiver.answer = () => {
    underWay++;
    return gate.then(() => DELIVERED);
  };
  await lab.fire({ name: 'a' });
  lab.start();
  await eventually(() => expect(underWay).toBe(51));
  open();
  await eventually(() => expect(lab.receiver.seen).toHaveLength(51));
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});
