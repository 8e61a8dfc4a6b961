import { type CounterReading, counterRate } from './counter-rate.js';

const T = 1_800_000_000_000;
const reading = (value: number | bigint, seconds: number, changes: Partial<CounterReading> = {}): CounterReading => ({
  value: BigInt(value),
  bits: 32,
  at: T + seconds * 1_000,
  uptimeTicks: 100_000 + seconds * 100,
  ...changes,
});

describe('counterRate', () => {
  it.each<[string, CounterReading, CounterReading, number | null]>([
    ['grows', reading(1_000, 0), reading(7_000, 60), 100],
    ['stands still', reading(5, 0), reading(5, 60), 0],
    ['wraps at 32 bits', reading(4_294_967_290, 0), reading(54, 60), 1],
    [
      '64 bits beyond what a double holds',
      reading(2n ** 63n, 0, { bits: 64 }),
      reading(2n ** 63n + 60n, 60, { bits: 64 }),
      1,
    ],
    ['64 bits set back: cleared, not wrapped', reading(500, 0, { bits: 64 }), reading(5, 60, { bits: 64 }), null],
    ['the agent started again', reading(500, 0), reading(5, 60, { uptimeTicks: 300 }), null],
    ['the agent started again, and the counter is higher', reading(5, 0), reading(500, 60, { uptimeTicks: 300 }), null],
    [
      'the uptime wraps after 497 days',
      reading(0, 0, { uptimeTicks: 2 ** 32 - 3_000 }),
      reading(60, 60, { uptimeTicks: 3_000 }),
      1,
    ],
    ['no uptime: our own clock', reading(0, 0, { uptimeTicks: null }), reading(120, 60, { uptimeTicks: null }), 2],
    ['the agent’s clock rather than ours', reading(0, 0), reading(120, 61, { uptimeTicks: 100_000 + 6_000 }), 2],
    ['a cached uptime: our own clock', reading(0, 0), reading(120, 60, { uptimeTicks: 100_001 }), 2],
    ['no time in between', reading(0, 0), reading(120, 0), null],
    ['our clock was set back', reading(0, 60, { uptimeTicks: null }), reading(120, 0, { uptimeTicks: null }), null],
    ['more than a day in between', reading(0, 0), reading(120, 90_000), null],
  ])('%s', (_, before, now, expected) => {
    expect(counterRate(before, now)).toBe(expected);
  });
});
