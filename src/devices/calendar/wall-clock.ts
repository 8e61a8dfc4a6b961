import { Temporal } from 'temporal-polyfill';
import type { WallMs } from './recurrence.js';

/** Whether it names a time zone of the IANA database: `Europe/Berlin`, `UTC`. Offsets are none, they have no daylight-saving time. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][\w+\-/]{0,99}$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What the clock on the wall shows at an instant. */
export function wallTime(instantMs: number, timeZone: string): WallMs {
  const zoned = Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(timeZone);
  return instantMs + zoned.offsetNanoseconds / 1_000_000;
}

/** Whether the clock on the wall shows a time twice. */
export function isAmbiguous(wall: WallMs, timeZone: string): boolean {
  return instantOf(wall, timeZone, 'start') !== instantOf(wall, timeZone, 'end');
}

/**
 * When the clock on the wall shows a time. Where it shows it twice, `start` is the first and `end` the second; where it never does,
 * both are the moment at which the clock was put forward. So a stretch of wall-clock time always covers every instant at which the clock
 * shows a time within it.
 */
export function instantOf(wall: WallMs, timeZone: string, side: 'start' | 'end'): number {
  const plain = Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO('UTC').toPlainDateTime();
  const earlier = plain.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  if (!earlier.toPlainDateTime().equals(plain)) {
    const change = earlier.getTimeZoneTransition('next');
    if (change) return change.epochMilliseconds;
  }
  if (side === 'start') return earlier.epochMilliseconds;
  return plain.toZonedDateTime(timeZone, { disambiguation: 'later' }).epochMilliseconds;
}
