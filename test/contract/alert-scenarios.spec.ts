import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import type { DeliveryOutcome } from '../../src/notifications/channels/channel-driver.port.js';
import type { DeviceState } from '../../src/probes/state/device-state.js';
import { transition } from '../../src/probes/state/transition.js';
import { DOWN } from '../support/alert-lab.js';
import { AlertStory } from '../support/alert-story.js';
import { DELIVERED } from '../support/dispatch-lab.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

// Real: PostgreSQL, the evaluator, the dispatcher. Values and the receiver are the test's.

let postgres: TestPostgres;
let story: AlertStory;

beforeAll(async () => {
  Logger.overrideLogger(false);
  postgres = await startTestPostgres();
});
afterEach(() => story.end());
afterAll(() => postgres.stop());

const HOUR = 3_600;

describe('a silence or an ack stops notices and never the resolve of what was told', () => {
  /** What may happen. Then comes a pass, and all is told that is due. */
  const STEPS: Record<string, (device: number) => unknown> = {
    down: (device) => story.setDown(device, true),
    up: (device) => story.setDown(device, false),
    'silence 1h': () => story.silence('Device 1', HOUR),
    'silence 2h': () => story.silence('Device 1', 2 * HOUR),
    ack: () => story.acknowledge('Device 1'),
    'ack 1h': () => story.acknowledge('Device 1', { duration_seconds: HOUR }),
    'sticky ack': () => story.acknowledge('Device 1', { sticky: true }),
    'sticky ack 1h': () => story.acknowledge('Device 1', { sticky: true, duration_seconds: HOUR }),
    unack: () => story.takeBack('Device 1'),
    'resolve by hand': () => story.resolve('Device 1'),
    'remind hourly': () => story.notices.route({ remind_every_minutes: 60 }),
    '10s': () => story.later(10),
    '30s': () => story.later(30),
    '30m': () => story.later(HOUR / 2),
    '1h': () => story.later(HOUR),
    '1d': () => story.later(24 * HOUR),
  };
  const play = async (steps: string, environment: Record<string, string> = {}): Promise<string> => {
    story = await AlertStory.open(postgres, environment);
    const [device] = await story.alerts.addDevices(1);
    await story.alerts.addRule({ name: 'Down' });
    for (const step of steps.split(', ')) {
      await STEPS[step]!(device!);
      await story.pass();
    }
    return story.told.map((told) => told.split(':')[0]).join(', ');
  };

  it.each([
    ['silence 1h, down, up', ''],
    ['silence 1h, down, 1h', 'firing'],
    ['silence 1h, down, 1h, up', 'firing, resolved'],
    ['silence 1h, down, up, 1h, down', 'firing'],
    ['down, silence 1h, up', 'firing, resolved'],
    ['down, silence 1h, up, 1h', 'firing, resolved'],
    ['down, silence 1h, 1h', 'firing'],
    ['down, silence 1h, 1h, up', 'firing, resolved'],
    ['down, silence 1h, up, down, up', 'firing, resolved'],
    ['down, silence 1h, up, down, 1h, up', 'firing, resolved, firing, resolved'],
    ['down, silence 1h, resolve by hand, 1h', 'firing, resolved, firing'],
    ['silence 1h, down, resolve by hand, up', ''],
    ['remind hourly, down, 1h, up', 'firing, reminder, resolved'],
    ['remind hourly, silence 1h, down, 1h, 1h, up', 'firing, reminder, resolved'],
    ['remind hourly, down, silence 2h, 1h, up', 'firing, resolved'],
    ['remind hourly, down, silence 2h, 1h, 1h, 1h, up', 'firing, reminder, reminder, resolved'],
  ])('%s: %s', async (steps, told) => expect(await play(steps)).toBe(told));

  it.each([
    ['down, ack, up', 'firing, resolved'],
    ['down, ack, unack, up', 'firing, resolved'],
    ['down, ack 1h, 1h', 'firing, reminder'],
    ['down, ack 1h, 1h, up', 'firing, reminder, resolved'],
    ['down, ack 1h, up, 1h', 'firing, resolved'],
    ['down, ack, up, down', 'firing, resolved, firing'],
    ['down, sticky ack, up, down, up', 'firing, resolved'],
    ['down, sticky ack, up, down, up, 1d, down', 'firing, resolved, firing'],
    ['down, sticky ack, up, 1d, down, up', 'firing, resolved, firing, resolved'],
    ['down, sticky ack 1h, up, down, 1h, up', 'firing, resolved, firing, resolved'],
    ['down, sticky ack 1h, up, down, 1h, up, down', 'firing, resolved, firing, resolved, firing'],
    ['down, sticky ack, up, down, unack, up', 'firing, resolved, firing, resolved'],
    ['down, ack, resolve by hand', 'firing, resolved, firing'],
    ['remind hourly, down, ack, 1h, 1h, up', 'firing, resolved'],
    ['remind hourly, down, ack, 1h, unack, 1h, up', 'firing, reminder, resolved'],
    ['remind hourly, down, ack 1h, 1h, up', 'firing, reminder, resolved'],
  ])('%s: %s', async (steps, told) => expect(await play(steps)).toBe(told));

  it.each([
    ['silence 1h, down, ack, 1h, up', ''],
    ['silence 1h, down, ack 1h, 1h, up', 'firing, resolved'],
    ['silence 1h, down, ack, unack, 1h, up', 'firing, resolved'],
    ['silence 1h, down, ack, 1h, unack, up', 'firing, resolved'],
    ['down, ack, silence 1h, up', 'firing, resolved'],
    ['down, ack 1h, 30m, silence 1h, 30m, up', 'firing, resolved'],
    ['down, ack 1h, 30m, silence 1h, 30m, 30m, up', 'firing, reminder, resolved'],
    ['silence 1h, down, ack 1h, 30m, silence 1h, 30m, 30m, up', 'firing, resolved'],
  ])('%s: %s', async (steps, told) => expect(await play(steps)).toBe(told));

  it.each([
    ['down, 10s, up, 1h', ''],
    ['down, 10s, up, 10s, down, 1h', 'firing'],
    ['down, 10s, ack, 30s, up, 1h', ''],
    ['down, 10s, ack, 30s, unack, 30s, up, 30s', 'firing, resolved'],
    ['down, 10s, ack 1h, 30s, 1h, 30s, up, 30s', 'firing, resolved'],
    ['down, 10s, ack, unack, 30s, up, 30s', 'firing, resolved'],
    ['down, 10s, silence 1h, 30s, up, 1h', ''],
    ['down, 10s, silence 1h, 30s, 1h, 30s, up, 30s', 'firing, resolved'],
    ['down, 30s, up, silence 1h, 30s', 'firing, resolved'],
    ['down, 30s, up, 10s, down, 30s, up, 30s', 'firing, resolved, firing, resolved'],
    ['down, 10s, sticky ack, up, down, up, 1h', ''],
  ])('with a group wait of 30 s, %s: %s', async (steps, told) =>
    expect(await play(steps, { SWARMWARD_GROUP_WAIT_SECONDS: '30' })).toBe(told),
  );
});

describe('a channel that was away when something began to hold notices back', () => {
  const HELD: Record<string, [begin: () => Promise<void>, end: () => Promise<void>]> = {
    silence: [() => story.silence('Device 1', HOUR), () => story.later(HOUR)],
    'ack for an hour': [() => story.acknowledge('Device 1', { duration_seconds: HOUR }), () => story.later(HOUR)],
    'ack that is taken back': [() => story.acknowledge('Device 1'), () => story.takeBack('Device 1')],
  };

  it.each([
    ['silence', ['firing', 'resolved'], ['firing', 'resolved']],
    ['ack for an hour', ['firing', 'reminder', 'resolved'], ['reminder', 'resolved']],
    ['ack that is taken back', ['firing', 'resolved'], ['firing', 'resolved']],
  ])('hears of it when that is over: %s', async (held, ops, late) => {
    story = await AlertStory.open(postgres);
    await story.notices.channel('late');
    const refusal = {
      outcome: 'refused',
      permanent: false,
      status: 500,
      error: '500',
      response: '',
      retryAfterSeconds: null,
    };
    let isAway = true;
    story.notices.receiver.answer = async (_message, { name }) =>
      name === 'late' && isAway ? (refusal as DeliveryOutcome) : DELIVERED;
    const [device] = await story.alerts.addDevices(1);
    await story.alerts.addRule({ name: 'Down' });
    story.setDown(device!, true);
    await story.pass();
    const [begin, end] = HELD[held]!;
    await begin();
    // Its next attempt is due, and is not made.
    await story.later(60);
    await story.pass();
    isAway = false;
    await end();
    await story.pass();
    story.setDown(device!, false);
    await story.pass();
    const kinds = (channel: string) => story.notices.receiver.told(channel).map((told) => told.split(':')[0]);
    expect([kinds('ops'), kinds('late')]).toEqual([ops, late]);
  });
});

it('whatever comes in whatever order, all who were told that it fires are told once that it ended, and nobody is told of what is in hand', async () => {
  const ACTIONS = ['down', 'up', 'silence', 'ack', 'sticky ack', 'unack', 'resolve', '', '', ''] as const;
  const DEVICES = 12;
  const turn = fc.array(fc.constantFrom(...ACTIONS), { minLength: DEVICES, maxLength: DEVICES });
  const play = async (turns: (typeof ACTIONS)[number][][]): Promise<void> => {
    const nums = await story.alerts.addDevices(DEVICES);
    await story.alerts.addRule({ name: 'Down' });
    await story.notices.route({ remind_every_minutes: 1 });
    const isInHand = async (): Promise<Set<string>> => {
      const rows = await story.database.query<{ name: string }[]>(
        `SELECT target_name AS name FROM alerts WHERE state = 'firing' AND (ack_at IS NOT NULL OR suppressed_by = 'silence')`,
      );
      return new Set(rows.map(({ name }) => name));
    };
    const doOne = async (action: (typeof ACTIONS)[number], num: number): Promise<void> => {
      const name = `Device ${num}`;
      const fires = (await story.alerts.alerts(`state = 'firing' AND device_num = ${num}`)).length > 0;
      if (action === 'down' || action === 'up') story.setDown(num, action === 'down');
      if (action === 'silence') await story.silence(name, 90);
      if (!fires) return;
      if (action === 'ack') await story.acknowledge(name, { duration_seconds: 90 });
      if (action === 'sticky ack') await story.acknowledge(name, { sticky: true, duration_seconds: 200 });
      if (action === 'unack') await story.takeBack(name);
      if (action === 'resolve') await story.resolve(name);
    };
    let seen = 0;
    for (const actions of turns) {
      for (const [place, action] of actions.entries()) await doOne(action, nums[place]!);
      await story.pass();
      const inHand = await isInHand();
      const opened = story.notices.receiver.seen.slice(seen).filter(({ message }) => message.kind !== 'resolved');
      seen = story.notices.receiver.seen.length;
      for (const { message } of opened)
        expect(message.alerts.map(({ target_name }) => target_name).filter((name) => inHand.has(name))).toEqual([]);
      await story.later(30);
    }
    for (const num of nums) story.setDown(num, false);
    await story.pass();
    for (const num of nums) {
      const kinds = story.notices.receiver.seen
        .filter(({ message }) => message.alerts.some(({ target_name }) => target_name === `Device ${num}`))
        .map(({ message }) => message.kind);
      expect(kinds.join(' ')).toMatch(/^((firing)( reminder)* resolved ?)*$/);
    }
  };
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 12, maxLength: 12 }), async (turns) => {
      story = await AlertStory.open(postgres);
      await play(turns).finally(() => story.end());
    }),
    { numRuns: 4, endOnFailure: true },
  );
}, 120_000);

describe('a maintenance window in a time zone begins and ends right over a daylight-saving change', () => {
  const sundays = (from: string, until: string, timezone: string) => ({ from, until, timezone });
  const berlin = sundays('2026-01-11T01:00:00Z', '2026-01-11T03:00:00Z', 'Europe/Berlin'); // 02:00 to 04:00
  const newYork = sundays('2026-01-11T06:30:00Z', '2026-01-11T08:30:00Z', 'America/New_York'); // 01:30 to 03:30

  it.each([
    ['Berlin, winter', berlin, '2026-03-22T01:00:00Z', '2026-03-22T03:00:00Z'],
    ['Berlin, spring: an hour shorter', berlin, '2026-03-29T01:00:00Z', '2026-03-29T02:00:00Z'],
    ['Berlin, summer', berlin, '2026-07-05T00:00:00Z', '2026-07-05T02:00:00Z'],
    ['Berlin, autumn: an hour longer', berlin, '2026-10-25T00:00:00Z', '2026-10-25T03:00:00Z'],
    ['New York, spring: an hour shorter', newYork, '2026-03-08T06:30:00Z', '2026-03-08T07:30:00Z'],
    ['New York, autumn: an hour longer', newYork, '2026-11-01T05:30:00Z', '2026-11-01T08:30:00Z'],
  ])('%s', async (_night, { from, until, timezone }, begin, end) => {
    story = await AlertStory.open(postgres);
    const { alerts } = story;
    const [before, within, short] = (await alerts.addDevices(3)) as [number, number, number];
    await alerts.addRule({ name: 'Down' });
    await story.database.query(
      `INSERT INTO maintenance_windows (name, scope, starts_at, ends_at, timezone, rrule)
       VALUES ('Patches', '{"sites": ["Site"]}', $1, $2, $3, 'FREQ=WEEKLY;BYDAY=SU')`,
      [from, until, timezone],
    );
    const [first, last] = [Date.parse(begin), Date.parse(end)];
    const passAt = async (at: number, states: Record<number, boolean>): Promise<string[]> => {
      for (const [num, isDown] of Object.entries(states)) story.setDown(Number(num), isDown);
      alerts.now = new Date(at);
      await alerts.pass();
      return alerts.outbox();
    };
    const told = ['firing Device 1'];
    expect(await passAt(first - 1, { [before]: true })).toEqual(told);
    expect(await passAt(first, { [within]: true, [short]: true })).toEqual(told);
    // The evaluator knows when it ends, to the millisecond.
    expect((await alerts.pass()).nextDueInMs).toBe(last - first);
    expect(await passAt((first + last) / 2, { [short]: false })).toEqual(told);
    told.push('resolved Device 1');
    expect(await passAt(last - 1, { [before]: false })).toEqual(told);
    told.push('firing Device 2');
    expect(await passAt(last, {})).toEqual(told);
    expect(await alerts.alerts(`state = 'firing'`)).toMatchObject([
      { target_name: 'Device 2', fired_at: new Date(last) },
    ]);
  });
});

it('a device that flaps for an hour is one alert of that, not one of each time', async () => {
  story = await AlertStory.open(postgres);
  const { alerts } = story;
  const [num] = (await alerts.addDevices(1)) as [number];
  await alerts.addRule({ name: 'Device down', condition: { ...DOWN, value: 30 } });
  await alerts.addRule({ name: 'Device flapping', condition: { metric: 'device.flapping', op: '==', value: 1 } });
  const profile = { downAfter: 2, upAfter: 1, flapLow: 20, flapHigh: 30 };
  const around = { parentBlocked: false, blind: false, maintenance: null, intervalMs: 30_000 };
  const result = { sent: 1, received: 0, rtt: null, error: null, detail: null };
  let state: DeviceState | null = null;
  let changes = 0;
  const began = Date.now() - 2 * HOUR * 1_000;
  const probe = async (turn: number, isDead: boolean): Promise<void> => {
    const at = began + turn * 30_000;
    const before = state?.state;
    ({ state } = transition(state, { ...result, at, outcome: isDead ? 'failed' : 'ok' }, profile, { ...around, at }));
    if (state.state !== before) changes++;
    alerts.signals.set('device.down_seconds', num, state.state === 'down' ? (at - state.downSince!) / 1_000 : 0);
    alerts.signals.set('device.flapping', num, Number(state.flapping));
    alerts.now = new Date(at);
    await story.pass();
  };
  for (let turn = 0; turn < 120; turn++) await probe(turn, turn % 4 > 1);
  expect(changes).toBeGreaterThan(50);
  const [flapping, ...others] = await alerts.alerts(`rule_name = 'Device flapping'`);
  expect([flapping!.state, others]).toEqual(['firing', []]);
  // Only until it is known to flap, which takes a third of twenty results: of thirty rounds the first few.
  const down = await alerts.alerts(`rule_name = 'Device down' AND fired_at IS NOT NULL`);
  expect(down.length).toBeLessThanOrEqual(4);
  for (const { fired_at } of down) expect(fired_at!.getTime()).toBeLessThanOrEqual(flapping!.fired_at!.getTime());
  for (let turn = 120; turn < 145; turn++) await probe(turn, false);
  expect(await alerts.count('alerts', `state <> 'resolved'`)).toBe(0);
  expect(story.told.filter((told) => told.startsWith('firing')).length).toBe(story.told.length / 2);
});
