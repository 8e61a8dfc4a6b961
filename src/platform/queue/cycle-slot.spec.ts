import { isLate, slotOf } from './cycle-slot.js';

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

  it.each<[string, () => unknown, RegExp]>([
    ['a kind with a colon', () => slotOf('a:b', 0, at(0), 1), /kind must match/],
    ['a negative shard', () => slotOf('ping', -1, at(0), 1), /shard must be/],
    ['half a second', () => slotOf('ping', 0, at(0), 0.5), /interval must be whole seconds/],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message);
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
