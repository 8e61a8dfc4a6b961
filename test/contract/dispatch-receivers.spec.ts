import { getEventListeners, once } from 'node:events';
import type { DeliveryOutcome } from '../../src/notifications/channels/channel-driver.port.js';
import { Sender } from '../../src/notifications/dispatch/sender.service.js';
import { DELIVERED, DispatchLab } from '../support/dispatch-lab.js';
import { eachWithOps, refused } from '../support/dispatch-to-ops.js';
import { eventually } from '../support/eventually.js';

let lab: DispatchLab;
const others: DispatchLab[] = [];
// Before the lab is reset.
afterEach(() => Promise.all(others.splice(0).map((other) => other.stop())));
eachWithOps((started) => (lab = started));

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

/** Never answers. */
const hang = (signal: AbortSignal): Promise<DeliveryOutcome> =>
  once(signal, 'abort').then(() => ({ outcome: 'unknown' as const, error: 'No answer.' }));

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
