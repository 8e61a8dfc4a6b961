import type { RefreshRecord } from './refresh-record.js';
import type { SwarmPicture } from './swarm-picture.js';
import type { Tier } from './tiers.js';

/** What a reader knows at one moment: the best picture it could find, where it found it, and how refreshing goes. */
export interface SwarmReading {
  picture: SwarmPicture | null;
  tier: Tier;
  /** ISO-8601: when the picture was put into the tiers. */
  cachedAt: string | null;
  backupCached: boolean;
  refresh: RefreshRecord;
  /** Served although the tiers could not be read: known to be possibly old. */
  unconfirmed: boolean;
}

export const NO_READING: Omit<SwarmReading, 'refresh'> = {
  picture: null,
  tier: 'unavailable',
  cachedAt: null,
  backupCached: false,
  unconfirmed: false,
};

/** Seconds after which an unrenewed picture is called stale: two missed refreshes and the time that one may take. */
export function staleAfterSeconds(refreshSeconds: number): number {
  return 2 * refreshSeconds + 10;
}

/** Age in seconds of what the picture says, null when there is none. */
export function ageSeconds(reading: SwarmReading, now: Date): number | null {
  if (!reading.picture) return null;
  return Math.max(0, (now.getTime() - Date.parse(reading.picture.collectedAt)) / 1000);
}

/** Stale: the last refresh failed, or none has come for too long, or the tiers cannot be asked. */
export function isStale(reading: SwarmReading, now: Date, refreshSeconds: number): boolean {
  const age = ageSeconds(reading, now);
  if (age === null) return true;
  return reading.unconfirmed || reading.refresh.consecutiveFailures > 0 || age > staleAfterSeconds(refreshSeconds);
}
