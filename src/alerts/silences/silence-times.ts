/** What a request says of when a silence is. */
interface AskedTimes {
  starts_at?: string | undefined;
  ends_at?: string | undefined;
  duration_seconds?: number | undefined;
}

export interface SilenceTimes {
  startsAt: Date;
  endsAt: Date;
}

/** When a silence is after a request; what it does not say stays as it was, or begins now. */
export function timesAfter(asked: AskedTimes, before: SilenceTimes | null, now: Date): SilenceTimes {
  const startsAt = asked.starts_at === undefined ? (before?.startsAt ?? now) : new Date(asked.starts_at);
  if (asked.duration_seconds !== undefined) {
    return { startsAt, endsAt: new Date(startsAt.getTime() + asked.duration_seconds * 1_000) };
  }
  return { startsAt, endsAt: asked.ends_at === undefined ? (before?.endsAt ?? startsAt) : new Date(asked.ends_at) };
}

/** Longer is no silence: switch the rule off, or change its scope. */
export const LONGEST_SECONDS = 366 * 86_400;

/** What is wrong with them; null: nothing. */
export function faultOf({ startsAt, endsAt }: SilenceTimes, now: Date): string | null {
  if (endsAt <= startsAt) return 'Must be after `starts_at`.';
  if (endsAt.getTime() - startsAt.getTime() > LONGEST_SECONDS * 1_000)
    return 'Must be at most a year after `starts_at`.';
  // On the wire a year has four digits.
  if (endsAt.getUTCFullYear() > 9_999) return 'Must not be after the year 9999.';
  return endsAt <= now ? 'Must be in the future. POST /api/v1/silences/{id}/expire ends a silence now.' : null;
}

/** Ended now. One that has not begun yet has never been. */
export function timesEnded({ startsAt }: SilenceTimes, now: Date): SilenceTimes {
  return { startsAt: startsAt < now ? startsAt : now, endsAt: now };
}
