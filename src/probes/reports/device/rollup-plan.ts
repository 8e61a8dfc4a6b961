import type { TimeRange } from '../time-range.js';

export const RESOLUTIONS = ['raw', '5m', '1h'] as const;
/** How fine the history is that a series is read from. */
export type Resolution = (typeof RESOLUTIONS)[number];

/** About as many points as a chart can show. */
export const MAX_POINTS = 1_500;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of `ping_5m`; `ping_1h` is kept for as long as a range may be. */
const FIVE_MINUTES_KEPT_DAYS = 90;

const FINEST_SECONDS: Record<Resolution, number> = { raw: 1, '5m': 300, '1h': 3_600 };
/** Widths of a point, seconds. */
const STEPS = [1, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

/** Where a series is read from, and how many rows become one point. */
export interface RollupPlan {
  resolution: Resolution;
  stepSeconds: number;
}

/**
 * Raw results for up to 12 hours, five minutes for up to 5 days, hours beyond; coarser where the finer ones of the begin of the range
 * are gone already. Points are as narrow as {@link MAX_POINTS} allow.
 */
export function planRollup(
  range: TimeRange,
  asked: Resolution | 'auto',
  { now, rawKeptDays }: { now: number; rawKeptDays: number },
): RollupPlan {
  const resolution = asked === 'auto' ? fitting(range, now, rawKeptDays) : asked;
  const finest = Math.max(FINEST_SECONDS[resolution], (range.to - range.from) / 1_000 / MAX_POINTS);
  return { resolution, stepSeconds: STEPS.find((step) => step >= finest) ?? STEPS.at(-1)! };
}

/** A range that begins where a point does: the first one is a whole one. */
export function fromStep({ from, to }: TimeRange, { stepSeconds }: RollupPlan): TimeRange {
  const stepMs = stepSeconds * 1_000;
  return { from: Math.floor(from / stepMs) * stepMs, to };
}

function fitting(range: TimeRange, now: number, rawKeptDays: number): Resolution {
  const length = range.to - range.from;
  const age = now - range.from;
  if (length <= 12 * HOUR_MS && age <= rawKeptDays * DAY_MS) return 'raw';
  return length <= 5 * DAY_MS && age <= FIVE_MINUTES_KEPT_DAYS * DAY_MS ? '5m' : '1h';
}
