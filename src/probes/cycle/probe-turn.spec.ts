import { cycleKind, ringLength, turnsBetween } from './probe-turn.js';

describe('turnsBetween', () => {
  it.each([
    ['nothing before', null, 300, []],
    ['the one before', 270, 300, []],
    ['one missing', 240, 300, [270]],
    ['three missing', 180, 300, [210, 240, 270]],
    ['a turn off the slots just after', 299.5, 300, []],
    ['a turn off the slots before one missing', 269.5, 330, [300]],
    ['a clock that was set back', 330, 300, []],
  ])('%s', (_, last, due, missing) => {
    const found = turnsBetween(last === null ? null : last * 1_000, due * 1_000, 30);
    expect(found).toEqual(missing.map((each) => each * 1_000));
  });

  it('keeps the latest of a long stand-still', () => {
    const found = turnsBetween(0, 30_000 * 10_000, 30);
    expect([found.length, found.at(-1)]).toEqual([2_880, 30_000 * 9_999]);
  });
});

describe('ringLength', () => {
  it.each([
    [1, 600],
    [30, 20],
    [45, 14],
    [300, 3],
    [3_600, 3],
  ])('every %d s: %d samples', (interval, samples) => {
    expect(ringLength(interval)).toBe(samples);
  });
});

describe('cycleKind', () => {
  it('names the interval', () => {
    expect(cycleKind('checks', 60)).toBe('checks-60');
  });
});
