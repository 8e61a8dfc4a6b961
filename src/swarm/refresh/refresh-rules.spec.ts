import { untilNextSlot } from '../../platform/schedule/next-slot.js';
import { dueAt, followUps } from './change-debounce.js';
import { answers } from './refresh-outcome.js';

describe('dueAt', () => {
  it.each([
    ['one change', 0, 0, 1_000],
    ['a second one soon after', 0, 700, 1_700],
    ['a burst that does not end', 0, 4_800, 5_000],
  ])('%s', (_, first, last, due) => {
    expect(dueAt(first, last)).toBe(due);
  });
});

describe('answers', () => {
  const requestedAt = new Date('2026-11-21T12:00:00.000Z');
  const now = new Date('2026-11-21T12:00:05.000Z');
  it.each([
    ['a collection that started before the request', '2026-11-21T11:59:59.999Z', false],
    ['one that started after it', '2026-11-21T12:00:00.001Z', true],
    ['one from before a clock was set back', '2026-11-21T13:00:00.000Z', false],
    ['none', null, false],
  ])('%s', (_, collectedAt, expected) => {
    expect(answers(collectedAt, { requestedBy: 'request', requestedAt }, now)).toBe(expected);
  });
});

describe('untilNextSlot', () => {
  it.each([
    [0, 30, 30_000],
    [29_999, 30, 1],
    [30_000, 30, 30_000],
  ])('at %i ms with %i s is %i ms', (now, interval, wait) => {
    expect(untilNextSlot(now, interval)).toBe(wait);
  });
});

describe('followUps', () => {
  it.each([
    [120, [5, 15, 40]],
    [30, [5, 15]],
    [1, []],
  ])('with a refresh every %i s', (refreshSeconds, expected) => {
    expect(followUps(refreshSeconds)).toEqual(expected);
  });
});
