import { compareTimes, toMillis } from './docker-time.js';

describe('compareTimes', () => {
  it.each([
    ['2026-03-01T12:00:11.4Z', '2026-03-01T12:00:11.45Z', -1],
    ['2026-03-01T12:00:11Z', '2026-03-01T12:00:11.000000001Z', -1],
    ['2026-03-01T12:00:11.5Z', '2026-03-01T12:00:11Z', 1],
    ['2026-03-01T12:00:09.999999999Z', '2026-03-01T12:00:10Z', -1],
    ['2025-12-31T23:59:59.9Z', '2026-01-01T00:00:00Z', -1],
    ['2026-03-01T12:00:11.4Z', '2026-03-01T12:00:11.4Z', 0],
    ['0001-01-01T00:00:00Z', '2026-03-01T12:00:11.4Z', -1],
    ['', '2026-03-01T12:00:11.4Z', -1],
  ])('%s and %s: %i', (a, b, order) => {
    expect(Math.sign(compareTimes(a, b))).toBe(order);
    expect(Math.sign(compareTimes(b, a))).toBe(-order || 0);
  });
});

it.each([
  ['2026-03-01T12:00:00.123456789Z', Date.UTC(2026, 2, 1, 12, 0, 0, 123)],
  ['2026-03-01T12:00:00Z', Date.UTC(2026, 2, 1, 12)],
  ['yesterday', null],
  ['', null],
])('reads %s as %s', (time, millis) => expect(toMillis(time)).toBe(millis));
