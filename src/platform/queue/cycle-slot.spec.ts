import { isLate, offsetOf, slotOf } from './cycle-slot.js';

const at = (seconds: number) => new Date(seconds * 1_000);

describe('slotOf', () => {
  it.each([
    ['on time', 1795218000, 1795218000],
    ['a little late', 1795218000.4, 1795218000],
    ['a little early', 1795217999.7, 1795218000],
    ['just past the middle', 1795218015.001, 1795218030],
  ])('rounds a tick that is %s to the nearest slot', (_, now, due) => {
    expect(slotOf('ping', 3, at(now), 30)).toEqual({
      kind: 'ping',
      shard: 3,
      intervalSeconds: 30,
      dueAt: at(due),
      id: `ping-3-${due}`,
    });
  });

  it.each([
    ['on time', 1795218007, 1795218007],
    ['early', 1795218006.5, 1795218007],
    ['late', 1795218021.9, 1795218007],
    ['past the middle', 1795218022.1, 1795218037],
  ])('counts from the offset when %s', (_, now, due) => {
    expect(slotOf('ping-30', 1, at(now), 30, 7)).toMatchObject({ dueAt: at(due), id: `ping-30-1-${due}` });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a kind with a colon', () => slotOf('a:b', 0, at(0), 1), /kind must match/],
    ['a negative shard', () => slotOf('ping', -1, at(0), 1), /shard must be/],
    ['half a second', () => slotOf('ping', 0, at(0), 0.5), /interval must be whole seconds/],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('offsetOf', () => {
  it('leaves the first shard where it is', () => {
    expect([1, 30, 3_600].map((interval) => offsetOf(0, interval))).toEqual([0, 0, 0]);
  });

  it('spreads shards over the interval, in whole seconds', () => {
    const offsets = Array.from({ length: 10 }, (_, shard) => offsetOf(shard, 30)).sort((a, b) => a - b);
    const gaps = offsets.slice(1).map((offset, index) => offset - offsets[index]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5);
    expect(offsets.every((offset) => Number.isInteger(offset) && offset >= 0 && offset < 30)).toBe(true);
  });
});

describe('isLate', () => {
  const slot = { dueAt: at(1000), intervalSeconds: 30 };
  it.each([
    [1000, false],
    [1030, false],
    [1030.001, true],
    [990, false],
  ])('at %d s: %s', (now, late) => {
    expect(isLate(slot, at(now))).toBe(late);
  });
});
