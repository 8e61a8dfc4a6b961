import * as fc from 'fast-check';
import { DEVICE_STATES } from '../../state/device-state.js';
import { availability, type Availability, type AvailabilityEvent, MAX_OUTAGES } from './availability.js';

/** Minutes on a clock that begins with the range; the range is an hour. */
const HOUR = { from: 0, to: 3_600_000 };
const minutes = (n: number): number => n * 60_000;

/** `up@10 down!@20`: up from minute 10 on, down and excused from minute 20 on. */
function parse(notation: string): AvailabilityEvent[] {
  return [...notation.matchAll(/(\w+)(!?)@(-?[\d.]+)/g)].map(([, to, excused, at]) => ({
    at: minutes(Number(at)),
    to: to as AvailabilityEvent['to'],
    excused: excused === '!',
    cause: to === 'unreachable' ? 'parent' : 'probe',
  }));
}

/** Minutes in the order up, down, unreachable, unknown, maintenance. */
function sums(result: Availability): number[] {
  const { secondsUp, secondsDown, secondsUnreachable, secondsUnknown, secondsMaintenance } = result;
  return [secondsUp, secondsDown, secondsUnreachable, secondsUnknown, secondsMaintenance].map((each) => each / 60);
}

describe('availability', () => {
  it.each<[string, string, number[], number | null]>([
    ['never heard of', '', [0, 0, 0, 60, 0], null],
    ['up all the time', 'up@-10', [60, 0, 0, 0, 0], 100],
    ['down all the time', 'down@-10', [0, 60, 0, 0, 0], 0],
    ['first seen within the range', 'up@15', [45, 0, 0, 15, 0], 100],
    ['one outage', 'up@-1 down@10 up@25', [45, 15, 0, 0, 0], 75],
    ['an event at the very begin', 'down@-1 up@0', [60, 0, 0, 0, 0], 100],
    ['an event at the very end', 'up@-1 down@60', [60, 0, 0, 0, 0], 100],
    ['events after the end', 'up@-1 down@70 up@80', [60, 0, 0, 0, 0], 100],
    ['an outage that began before', 'up@-30 down@-10 up@15', [45, 15, 0, 0, 0], 75],
    ['an outage that lasts', 'up@-30 down@45', [45, 15, 0, 0, 0], 75],
    ['unknown counts neither way', 'up@0 unknown@30 down@45', [30, 15, 0, 15, 0], (30 / 45) * 100],
    ['unreachable is nobody’s downtime', 'up@0 unreachable@15 up@45', [30, 0, 30, 0, 0], 100],
    ['unreachable becomes down', 'up@0 unreachable@15 down@30 up@45', [30, 15, 15, 0, 0], (30 / 45) * 100],
    ['only unreachable', 'unreachable@0', [0, 0, 60, 0, 0], null],
    ['down in excused maintenance', 'up@0 up!@10 down!@20 up!@30 up@40', [30, 0, 0, 0, 30], 100],
    ['up in excused maintenance', 'up@0 up!@15 up@45', [30, 0, 0, 0, 30], 100],
    ['unknown in excused maintenance', 'up!@0 unknown!@15 up@45', [15, 0, 0, 0, 45], 100],
    ['maintenance that counts as downtime', 'up@0 down@20 up@40', [40, 20, 0, 0, 0], (40 / 60) * 100],
    ['windows that overlap are one', 'up@0 up!@10 up!@20 up!@30 up@40', [30, 0, 0, 0, 30], 100],
    ['maintenance ends while it is down', 'up@0 down!@10 down@20 up@30', [40, 10, 0, 0, 10], 80],
    ['maintenance all the time', 'down!@-5', [0, 0, 0, 0, 60], null],
    ['maintenance of what was never probed', 'unknown!@30', [0, 0, 0, 30, 30], null],
    ['two events at one instant: the later row', 'up@0 down@30 up@30', [60, 0, 0, 0, 0], 100],
    ['only the last of several before the range counts', 'down@-20 up@-10', [60, 0, 0, 0, 0], 100],
  ])('%s', (_, notation, expected, percent) => {
    const result = availability(HOUR, parse(notation));
    expect(sums(result)).toEqual(expected);
    expect(result.percent ?? -1).toBeCloseTo(percent ?? -1, 9);
  });

  it.each<[string, string, [number, number | null, string][], number | null, number | null]>([
    ['none', 'up@-1', [], null, null],
    ['one', 'up@0 down@10 up@25', [[10, 25, 'probe']], 15, 45],
    ['one that began before the range', 'down@-30 up@10', [[0, 10, 'probe']], 10, 50],
    ['one that is not over', 'up@0 down@50', [[50, null, 'probe']], null, 50],
    ['one at the very end is none', 'up@0 down@60', [], null, null],
    [
      'two, of which one is over',
      'up@0 down@10 up@20 down@50',
      [
        [10, 20, 'probe'],
        [50, null, 'probe'],
      ],
      10,
      20,
    ],
    ['an event that repeats the state splits nothing', 'up@0 down@10 down@15 up@20', [[10, 20, 'probe']], 10, 50],
    ['excused time pauses it', 'down@0 down!@20 down@40 up@50', [[0, 50, 'probe']], 30, 10],
    ['unknown time pauses it', 'up@0 down@10 unknown@20 down@40 up@50', [[10, 50, 'probe']], 20, 20],
    ['unreachable time pauses it', 'up@0 down@10 unreachable@20 up@50', [[10, 50, 'probe']], 10, 20],
    ['unknown is no repair', 'up@0 down@10 unknown@20', [[10, null, 'probe']], null, 10],
    [
      'up in maintenance is one',
      'up@0 down@10 down!@20 up!@30 down!@40 down@50',
      [
        [10, 30, 'probe'],
        [50, null, 'probe'],
      ],
      10,
      5,
    ],
    ['a device that was never up has no time between failures', 'down@0', [[0, null, 'probe']], null, null],
    ['no time at all is none', 'up@0 down@30 up@30', [], null, null],
    ['unreachable is none', 'up@0 unreachable@10 up@20', [], null, null],
  ])('outages: %s', (_, notation, expected, mttr, mtbf) => {
    const { outageList, outages, mttrSeconds, mtbfSeconds } = availability(HOUR, parse(notation));
    expect(outageList.map(({ from, to, cause }) => [from / 60_000, to === null ? null : to / 60_000, cause])).toEqual(
      expected,
    );
    expect(outages).toBe(expected.length);
    expect([mttrSeconds, mtbfSeconds]).toEqual([mttr, mtbf].map((each) => (each === null ? null : each * 60)));
  });

  it.each<[string, string, number, number[]]>([
    ['in the range', 'up@-1', 20, [20, 0, 0, 40, 0]],
    ['before it', 'up@-30', -20, [0, 0, 0, 60, 0]],
    ['after it', 'up@-30', 70, [60, 0, 0, 0, 0]],
    ['while it is down', 'up@0 down@10', 20, [10, 10, 0, 40, 0]],
    ['in maintenance, which stays one', 'up!@0', 20, [0, 0, 0, 0, 60]],
    ['before events, which are of maintenance only', 'up@0 up!@30 up@40', 20, [20, 0, 0, 30, 10]],
  ])('knows nothing after the last probe: %s', (_, notation, knownUntil, expected) => {
    const result = availability(HOUR, parse(notation), minutes(knownUntil));
    expect(sums(result)).toEqual(expected);
    expect(result.outageList.every(({ to }) => to === null)).toBe(true);
  });

  it('lists the last outages only, and counts them all', () => {
    const events = Array.from({ length: 3_000 }, (_, n) => ({
      at: n * 1_000,
      to: n % 2 ? ('up' as const) : ('down' as const),
      excused: false,
      cause: 'probe',
    }));
    const result = availability(HOUR, events);
    expect(result.outages).toBe(1_500);
    expect(result.outageList).toHaveLength(MAX_OUTAGES);
    expect(result.outageList.at(-1)).toEqual({ from: 2_998_000, to: 2_999_000, seconds: 1, cause: 'probe' });
  });

  it('accounts for every second of any range, whatever the events', () => {
    const event = fc.record({
      at: fc.integer({ min: -10_000_000, max: 10_000_000 }),
      to: fc.constantFrom(...DEVICE_STATES),
      excused: fc.boolean(),
      cause: fc.constant('probe'),
    });
    const range = fc.record({
      from: fc.integer({ min: -5_000_000, max: 0 }),
      length: fc.integer({ min: 1, max: 9_000_000 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), range, (events, { from, length }) => {
        events.sort((a, b) => a.at - b.at);
        const result = availability({ from, to: from + length }, events);
        const total = sums(result).reduce((sum, each) => sum + each, 0) * 60;
        expect(total).toBeCloseTo(length / 1_000, 6);
        const down = result.outageList.reduce((sum, { seconds }) => sum + seconds, 0);
        expect(down).toBeCloseTo(result.secondsDown, 6);
        expect(result.percent === null || (result.percent >= 0 && result.percent <= 100)).toBe(true);
      }),
    );
  });
});
