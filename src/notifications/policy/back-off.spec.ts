import { backOffMs } from './back-off.js';

describe('backOffMs', () => {
  it.each<[number, number, number | null, number, number]>([
    [1, 2_000, null, 0, 2_000],
    [2, 2_000, null, 0, 4_000],
    [5, 2_000, null, 0, 32_000],
    [10, 2_000, null, 0, 900_000],
    [1_000_000, 2_000, null, 0, 900_000],
    [1, 2_000, null, 0.999_999, 1_600],
    [1, 2_000, 30, 0.5, 30_000],
    [1, 2_000, 1, 0, 2_000],
    [1, 2_000, 0, 0, 2_000],
    [1, 2_000, -5, 0, 2_000],
    [1, 2_000, Number.NaN, 0, 2_000],
    [1, 2_000, 1e12, 0, 3_600_000],
  ])('attempt %d, base %d, Retry-After %p, random %d: %d ms', (attempts, base, after, random, expected) => {
    expect(backOffMs(attempts, base, after, random)).toBe(expected);
  });
});
