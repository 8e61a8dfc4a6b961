import type { InvalidValue } from '../../platform/http/problem.js';
import { readRecurrence, type Recurrence, type WallMs } from './recurrence.js';
import { instantOf, isAmbiguous, isTimeZone, wallTime } from './wall-clock.js';

const DAY_MS = 86_400_000;
const MAX_ONCE_DAYS = 366;
const MAX_RECURRING_DAYS = 31;
const FIRST_YEAR = 2000;
const LAST_YEAR = 2099;
/** Where a rule is tried out before it is taken, in years after its start: one that is dear to expand is so from the start or later. */
const TRIAL_YEARS = [0, 1, 10, 30];

/** When a maintenance window is. */
export interface WindowTimes {
  startsAt: Date;
  endsAt: Date;
  /** RFC 5545; null is once. */
  rrule: string | null;
  /** IANA. */
  timezone: string;
}

/** `end` is the first moment after it. */
export interface Occurrence {
  start: Date;
  end: Date;
}

/**
 * The occurrences that overlap `[from, to)`, in order. A recurring window begins and ends by the clock on the wall of its time zone: 02:00
 * to 04:00 is an hour shorter or longer in the night the clocks change, and what lies wholly in the hour left out does not occur. What
 * begins and ends within the hour that comes twice occurs the first time only, save the first occurrence, which is as it was given. Of a
 * window whose `startsAt` its rule does not meet, the first occurrence is the first that meets it.
 */
export function occurrences(window: WindowTimes, from: Date, to: Date): Occurrence[] {
  const { startsAt, endsAt, timezone } = window;
  const overlaps = ({ start, end }: Occurrence): boolean => start < to && end > from && end > start;
  if (window.rrule === null) return [{ start: startsAt, end: endsAt }].filter(overlaps);
  const rule = ruleOf(window);
  if ('problem' in rule) throw new RangeError(rule.problem);
  const start = wallTime(startsAt.getTime(), timezone);
  const length = wallTime(endsAt.getTime(), timezone) - start;
  // No clock is ever put by a day.
  const first = Math.max(start, wallTime(from.getTime(), timezone) - length - DAY_MS);
  const last = wallTime(to.getTime(), timezone) + DAY_MS;
  if (last < first) return [];
  return rule.rule
    .startsBetween(first, last)
    .map((wall) => (wall === start ? { start: startsAt, end: endsAt } : stretchOf(wall, wall + length, timezone)))
    .filter(overlaps);
}

function stretchOf(start: WallMs, end: WallMs, timezone: string): Occurrence {
  // Its last moment, not its end: 02:00 to 03:00 lies within the hour from 02:00 that comes twice.
  const last = end - 1;
  const within = isAmbiguous(start, timezone) && isAmbiguous(last, timezone);
  return {
    start: new Date(instantOf(start, timezone, 'start')),
    end: new Date(within ? instantOf(last, timezone, 'start') + 1 : instantOf(end, timezone, 'end')),
  };
}

/** The occurrence that `at` lies in; of several that overlap, the one that ends last. */
export function activeOccurrence(window: WindowTimes, at: Date): Occurrence | null {
  const found = occurrences(window, at, new Date(at.getTime() + 1));
  return found.reduce<Occurrence | null>((last, each) => (last && last.end >= each.end ? last : each), null);
}

/** What is wrong with the times of a window. */
export function timeFaults(window: WindowTimes): InvalidValue[] {
  const { startsAt, endsAt, rrule, timezone } = window;
  if (!isTimeZone(timezone)) return [fault('timezone', 'Must be an IANA time zone such as Europe/Berlin.')];
  const year = (date: Date): boolean => date.getUTCFullYear() < FIRST_YEAR || date.getUTCFullYear() > LAST_YEAR;
  if (year(startsAt)) return [fault('starts_at', `Must be in the years ${FIRST_YEAR} to ${LAST_YEAR}.`)];
  if (endsAt <= startsAt) return [fault('ends_at', 'Must be after `starts_at`.')];
  const days = (endsAt.getTime() - startsAt.getTime()) / DAY_MS;
  const limit = rrule === null ? MAX_ONCE_DAYS : MAX_RECURRING_DAYS;
  if (days > limit) return [fault('ends_at', `Must be at most ${limit} days after \`starts_at\`.`)];
  return rrule === null ? [] : ruleFaults(window);
}

function ruleFaults(window: WindowTimes): InvalidValue[] {
  const start = wallTime(window.startsAt.getTime(), window.timezone);
  if (wallTime(window.endsAt.getTime(), window.timezone) <= start) {
    return [fault('ends_at', 'Must be after `starts_at` by the clock of the time zone as well.')];
  }
  const reading = ruleOf(window);
  if ('problem' in reading) return [fault('rrule', reading.problem)];
  try {
    if (reading.rule.first() === null)
      return [fault('rrule', 'Never occurs. Check its days against each other and UNTIL.')];
    for (const years of TRIAL_YEARS)
      reading.rule.startsBetween(start + years * 365 * DAY_MS, start + (years * 365 + 40) * DAY_MS);
  } catch (error) {
    // The library gives up after its bounded number of steps.
    if (!(error instanceof Error)) throw error;
    return [fault('rrule', 'Never occurs, or so rarely that looking for it costs too much. Say it more simply.')];
  }
  return [];
}

function ruleOf({ startsAt, rrule, timezone }: WindowTimes): { rule: Recurrence } | { problem: string } {
  return readRecurrence(rrule!, wallTime(startsAt.getTime(), timezone), (ms) => wallTime(ms, timezone));
}

function fault(path: string, message: string): InvalidValue {
  return { path, message };
}
