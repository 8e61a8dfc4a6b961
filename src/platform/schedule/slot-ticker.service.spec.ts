import { SchedulerRegistry } from '@nestjs/schedule';
import { SlotTicker } from './slot-ticker.service.js';

const START = Date.parse('2026-11-21T12:00:00.000Z');
/** What ticks between `START` and `seconds` later; `skew` is what the clock says besides what the timers count, by ms since the start. */
function ticksWithin(seconds: number, skew: (ms: number) => number): (string | null)[] {
  jest.useFakeTimers({ now: START, doNotFake: ['performance'] });
  const real = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => real() + skew(real() - START));
  const heard: (string | null)[] = [];
  const ticker = new SlotTicker(new SchedulerRegistry());
  const ticking = ticker.every('test', 3, async (slot) => void heard.push(slot?.id ?? null));
  jest.advanceTimersByTime(seconds * 1_000);
  ticking.stop();
  return heard;
}
const slots = (...seconds: number[]) => seconds.map((second) => `test-0-${START / 1_000 + second}`);

describe('SlotTicker', () => {
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it.each<[string, (ms: number) => number, (string | null)[]]>([
    ['on time', () => 0, slots(3, 6, 9)],
    ['a millisecond early: no slot twice', (ms) => (ms > 0 && ms % 3_000 === 0 ? -1 : 0), slots(3, 6, 9)],
    ['late', (ms) => (ms > 0 ? 400 : 0), slots(3, 6, 9)],
    [
      'the clock set back: the work goes on without a slot',
      (ms) => (ms > 4_000 ? -60_000 : 0),
      [...slots(3), null, null],
    ],
  ])('%s', (_name, skew, expected) => {
    expect(ticksWithin(10, skew)).toEqual(expected);
  });
});
