import { MAX_POINTS, planRollup, type Resolution } from './rollup-plan.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const HOUR_MS = 3_600_000;
const back = (hours: number, length = hours) => ({ from: NOW - hours * HOUR_MS, to: NOW - (hours - length) * HOUR_MS });
const plan = (range: { from: number; to: number }, asked: Resolution | 'auto' = 'auto') =>
  planRollup(range, asked, { now: NOW, rawKeptDays: 30 });

describe('planRollup', () => {
  it.each([
    ['ten minutes', back(1 / 6), 'raw', 1],
    ['an hour', back(1), 'raw', 5],
    ['twelve hours', back(12), 'raw', 30],
    ['a day', back(24), '5m', 300],
    ['five days', back(120), '5m', 300],
    ['a month', back(720), '1h', 3_600],
    ['two years', back(17_520), '1h', 43_200],
    ['an hour of last month, when raw results are gone', back(31 * 24, 1), '5m', 300],
    ['an hour of last season', back(100 * 24, 1), '1h', 3_600],
  ] as const)('%s', (_, range, resolution, stepSeconds) => {
    expect(plan(range)).toEqual({ resolution, stepSeconds });
  });

  it.each(['raw', '5m', '1h'] as const)(
    'keeps what was asked for (%s), in wider points when there are too many',
    (asked) => {
      for (const hours of [0.01, 1, 5, 25, 200, 17_544]) {
        const { resolution, stepSeconds } = plan(back(hours), asked);
        expect(resolution).toBe(asked);
        expect((hours * 3_600) / stepSeconds).toBeLessThanOrEqual(MAX_POINTS);
      }
    },
  );
});
