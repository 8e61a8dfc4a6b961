import { invalid, type ProblemException } from '../../platform/http/problem.js';

/** From `from` until before `to`, ms since the epoch. */
export interface TimeRange {
  from: number;
  to: number;
}

const DAY_MS = 86_400_000;
/** PostgreSQL has no year 0, and before this nothing was ever measured. */
const EARLIEST_MS = Date.UTC(1970, 0, 1);
/** Nothing is kept for longer. */
export const MAX_RANGE_DAYS = 731;

/**
 * What a request means by `from` and `to`: without `to` until now, without `from` so many days before it.
 * @param rules `past`: what lies ahead is cut off, because there is nothing to know of it yet
 * @throws ProblemException `validation_failed` when the range is empty, too long or before 1970
 */
export function timeRange(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  rules: { now: number; defaultDays: number; past?: boolean },
): TimeRange {
  const asked = to === undefined ? rules.now : Date.parse(to);
  const end = rules.past ? Math.min(asked, rules.now) : asked;
  const begin = from === undefined ? end - rules.defaultDays * DAY_MS : Date.parse(from);
  if (asked <= EARLIEST_MS) throw refusal('to', 'Must be after 1970-01-01.');
  if (begin >= asked) throw refusal('from', 'Must be before `to`.');
  if (begin >= end) throw refusal('from', 'Must be in the past.');
  if (end - begin > MAX_RANGE_DAYS * DAY_MS) {
    throw refusal('from', `Must be at most ${MAX_RANGE_DAYS} days before \`to\`.`);
  }
  return { from: begin, to: end };
}

function refusal(path: string, message: string): ProblemException {
  return invalid([{ path, message }]);
}
