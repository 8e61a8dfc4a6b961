import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';

/** A longer rule says nothing that a person could check. */
export const MAX_RULE_LENGTH = 500;
const MAX_COUNT = 1_000;
const MAX_INTERVAL = 1_000;
/** Periods and candidates that one look at a rule may cost. The library gives up there: some 0.1 s. */
const MAX_STEPS = 10_000;
const LAST_YEAR = 2199;

const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY'];
const DAY = /^(?:[+-]?(?:[1-9]|[1-4]\d|5[0-3]))?(?:MO|TU|WE|TH|FR|SA|SU)$/;
const UNTIL = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/;

/** Numbers that a part of a rule may hold; `negative` counts from the end. */
const NUMBERS: Record<string, { low: number; high: number; negative?: true; single?: true }> = {
  COUNT: { low: 1, high: MAX_COUNT, single: true },
  INTERVAL: { low: 1, high: MAX_INTERVAL, single: true },
  BYHOUR: { low: 0, high: 23 },
  // One minute only: several would be a window more often than hourly.
  BYMINUTE: { low: 0, high: 59, single: true },
  BYMONTHDAY: { low: 1, high: 31, negative: true },
  BYYEARDAY: { low: 1, high: 366, negative: true },
  BYWEEKNO: { low: 1, high: 53, negative: true },
  BYMONTH: { low: 1, high: 12 },
  BYSETPOS: { low: 1, high: 366, negative: true },
};
const VALID = ['FREQ', 'UNTIL', ...Object.keys(NUMBERS), 'BYDAY', 'WKST'];

/**
 * Wall-clock time as ms since 1970 in a calendar without time zones. Rules are expanded in it, so that daylight-saving changes neither
 * move nor swallow an occurrence; only the results become instants.
 */
export type WallMs = number;

/** A rule that was read: {@link startsBetween} expands it. */
export interface Recurrence {
  startsBetween(from: WallMs, to: WallMs): WallMs[];
  /** The first start, or null when there is none. */
  first(): WallMs | null;
}

/**
 * Reads a recurrence rule of RFC 5545 (section 3.3.10) that counts from `start`.
 * @param toWall what `UNTIL` in UTC is by the clock on the wall
 * @returns the rule, or why it is refused
 */
export function readRecurrence(
  text: string,
  start: WallMs,
  toWall: (instantMs: number) => WallMs,
): { rule: Recurrence } | { problem: string } {
  const parts = readParts(text);
  if ('problem' in parts) return parts;
  const until = parts.get('UNTIL');
  if (until !== undefined) parts.set('UNTIL', asUtcText(readUntil(until, toWall)!));
  try {
    const rruleString = `RRULE:${[...parts].map(([name, value]) => `${name}=${value}`).join(';')}`;
    const rule = new RRuleTemporal({
      rruleString,
      dtstart: zoned(start),
      maxIterations: MAX_STEPS,
      maxCandidateEvaluations: MAX_STEPS,
      strict: true,
    });
    return {
      rule: {
        startsBetween: (from, to) => rule.between(zoned(from), zoned(to), true).map((at) => at.epochMilliseconds),
        first: () => rule.next(zoned(start), true)?.epochMilliseconds ?? null,
      },
    };
  } catch (error) {
    return { problem: `Is not a rule of RFC 5545: ${(error as Error).message}` };
  }
}

function readParts(text: string): Map<string, string> | { problem: string } {
  const parts = new Map<string, string>();
  if (text.length > MAX_RULE_LENGTH) return { problem: `Must have at most ${MAX_RULE_LENGTH} characters.` };
  if (/DTSTART|[\r\n]/i.test(text)) return { problem: 'Must be the rule alone: `starts_at` is its DTSTART.' };
  for (const part of text
    .toUpperCase()
    .replace(/^RRULE:/, '')
    .split(';')) {
    const [name = '', value, more] = part.split('=');
    if (!VALID.includes(name))
      return { problem: `Has an unknown part "${name.slice(0, 40)}". Valid: ${VALID.join(', ')}.` };
    if (parts.has(name)) return { problem: `Must have ${name} once.` };
    const fault = more === undefined ? faultOf(name, value ?? '') : 'must be name=value';
    if (fault) return { problem: `${name} ${fault}.` };
    parts.set(name, value!);
  }
  if (!parts.has('FREQ')) return { problem: 'Must have a FREQ, such as FREQ=WEEKLY;BYDAY=SU.' };
  if (parts.has('COUNT') && parts.has('UNTIL')) return { problem: 'Must have COUNT or UNTIL, not both.' };
  return parts;
}

function faultOf(name: string, value: string): string | null {
  if (name === 'FREQ') return FREQUENCIES.includes(value) ? null : `must be one of ${FREQUENCIES.join(', ')}`;
  if (name === 'UNTIL')
    return readUntil(value, (ms) => ms) === null
      ? `must be such as 20271231 or 20271231T220000Z, up to ${LAST_YEAR}`
      : null;
  if (name === 'WKST') return /^(MO|TU|WE|TH|FR|SA|SU)$/.test(value) ? null : 'must be a day such as MO';
  const words = value.split(',');
  if (name === 'BYDAY')
    return words.every((word) => DAY.test(word)) ? null : 'must be days such as MO,TH, or 1MO, -1FR';
  const { low, high, negative, single } = NUMBERS[name]!;
  const fits = (word: string): boolean => {
    if (!/^[+-]?\d{1,5}$/.test(word)) return false;
    const number = Number(word);
    const size = negative ? Math.abs(number) : number;
    return size >= low && size <= high;
  };
  if (single && words.length > 1) return 'must be one number';
  return words.every(fits) ? null : `must be from ${low} to ${high}${negative ? ', or negative' : ''}`;
}

/** The last moment at which an occurrence may begin. A day means all of it; a time without Z is by the clock on the wall. */
function readUntil(text: string, toWall: (instantMs: number) => WallMs): WallMs | null {
  const match = UNTIL.exec(text);
  if (!match) return null;
  const [year, month, day, hour = 23, minute = 59, second = 59] = match
    .slice(1, 7)
    .map((digits) => (digits === undefined ? undefined : Number(digits)));
  const ms = Date.UTC(year!, month! - 1, day, hour, minute, second);
  const isReal = new Date(ms).getUTCDate() === day && month! <= 12 && hour < 24 && minute < 60 && second < 60;
  if (!isReal || year! < 1970 || year! > LAST_YEAR) return null;
  return match[7] === 'Z' ? toWall(ms) : ms;
}

function asUtcText(ms: WallMs): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function zoned(ms: WallMs): Temporal.ZonedDateTime {
  return new Temporal.ZonedDateTime(BigInt(ms) * 1_000_000n, 'UTC');
}
