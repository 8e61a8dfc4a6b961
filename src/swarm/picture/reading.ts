import type { RefreshRecord } from './refresh-record.js';
import type { SwarmPicture } from './swarm-picture.js';
import type { Tier } from './tiers.js';

/** What a reader knows at one moment: the best picture it could find, where it found it, and how refreshing goes. */
export interface SwarmReading {
  picture: SwarmPicture | null;
  tier: Tier;
  /** ISO-8601: when the picture was put into the tiers. */
  cachedAt: string | null;
  /** Which tiers hold a picture at the moment of reading. */
  primaryCached: boolean;
  backupCached: boolean;
  refresh: RefreshRecord;
  /** Served although the tiers could not be read: known to be possibly old. */
  unconfirmed: boolean;
}

export const NO_READING: Omit<SwarmReading, 'refresh'> = {
  picture: null,
  tier: 'unavailable',
  cachedAt: null,
  primaryCached: false,
  backupCached: false,
  unconfirmed: false,
};

/** Seconds after which an unrenewed picture is called stale: two missed refreshes and the time that one takes. */
export function staleAfterSeconds(refreshSeconds: number, durationSeconds: number | null): number {
  return 2 * refreshSeconds + Math.max(10, 2 * (durationSeconds ?? 0));
}

/** A picture from further in the future than clocks of two machines differ: a clock was set back, its age is unknown. */
const CLOCKS_DIFFER_SECONDS = 5;

/** Age in seconds of what the picture says, null when there is none. */
export function ageSeconds(reading: SwarmReading, now: Date): number | null {
  return reading.picture ? Math.max(0, secondsSince(reading.picture.collectedAt, now)) : null;
}

/** Stale: the last refresh failed, or none has come for too long, or the tiers cannot be asked. */
export function isStale(reading: SwarmReading, now: Date, refreshSeconds: number): boolean {
  const { picture, refresh, unconfirmed } = reading;
  if (!picture || unconfirmed || refresh.consecutiveFailures > 0) return true;
  const age = secondsSince(picture.collectedAt, now);
  return age > staleAfterSeconds(refreshSeconds, refresh.durationSeconds) || age < -CLOCKS_DIFFER_SECONDS;
}

function secondsSince(time: string, now: Date): number {
  return (now.getTime() - Date.parse(time)) / 1000;
}
