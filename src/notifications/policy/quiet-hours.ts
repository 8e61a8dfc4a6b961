import { Temporal } from 'temporal-polyfill';
import type { Severity } from '../../alerts/severity.js';

/** Monday is the first. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Weekday = (typeof WEEKDAYS)[number];

/** When people do not want to be disturbed. */
export interface QuietHours {
  /** IANA. */
  timezone: string;
  /** Those on which it begins; absent: all. */
  days?: Weekday[];
  /** `22:00`, by the clock on the wall. */
  from: string;
  /** When it ends; not after `from`: on the next day. Equal: a whole day. */
  to: string;
  /** Severities that are told all the same. */
  except: Severity[];
}

/** Quiet hours of every day that adjoin never end; then what was held is told after this long. */
const LONGEST_DAYS = 8;

/**
 * When the quiet hours end that a moment is in.
 * @param nowMs since the epoch
 * @returns ms since the epoch, whole minutes by the clock on the wall of the zone: right also in the nights the clocks change, in which a
 *   time that is left out counts as the moment the clock was put forward; null when it is not quiet
 */
export function quietUntil(quiet: QuietHours, nowMs: number): number | null {
  const start = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(quiet.timezone).toPlainDate();
  let until: number | null = null;
  // Yesterday's may reach into today; those of the days after may adjoin.
  for (let day = -1; day <= LONGEST_DAYS; day++) {
    const stretch = stretchOf(quiet, start.add({ days: day }));
    if (!stretch) continue;
    const reference = until ?? nowMs;
    if (stretch.from <= reference && reference < stretch.to) until = stretch.to;
  }
  return until;
}

function stretchOf(
  { days, from, to, timezone }: QuietHours,
  date: Temporal.PlainDate,
): { from: number; to: number } | null {
  if (days && !days.includes(WEEKDAYS[date.dayOfWeek - 1]!)) return null;
  const end = to > from ? date : date.add({ days: 1 });
  return { from: instantOf(date, from, timezone, 'earlier'), to: instantOf(end, to, timezone, 'later') };
}

/** Where the clock shows a time twice, quiet hours begin with the first and end with the second. */
function instantOf(date: Temporal.PlainDate, time: string, timeZone: string, side: 'earlier' | 'later'): number {
  const wall = date.toPlainDateTime(Temporal.PlainTime.from(time));
  const zoned = wall.toZonedDateTime(timeZone, { disambiguation: side });
  if (zoned.toPlainDateTime().equals(wall)) return zoned.epochMilliseconds;
  // It never shows it: the moment the clock was put forward.
  const before = wall.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  const change = before.getTimeZoneTransition('next');
  return change ? change.epochMilliseconds : zoned.epochMilliseconds;
}
