import type { Partition, PartitionedTable } from './partition-calendar.js';

const DAY_MS = 86_400_000;
/** Of state_events too. */
export const HOURLY_KEPT_DAYS = 730;
const FIVE_MINUTES_KEPT_DAYS = 90;

/** What is known of the rollups: null before they have ever run. */
export interface RollupFacts {
  doneUntil: Date | null;
  /** Buckets that wait to be added up anew. */
  dirty: Date[];
}

/** Whether a partition is past its time: only when its youngest row is, so days are kept for up to one day longer. */
export function isExpired({ table, to }: Partition, now: Date, pingDays: number): boolean {
  return to.getTime() <= now.getTime() - keptDays(table, pingDays) * DAY_MS;
}

/** Why single results must stay although they are past their time; null when they may go. */
export function blockedBy({ table, from, to }: Partition, { doneUntil, dirty }: RollupFacts): string | null {
  if (table !== 'ping_results') return null;
  if (!doneUntil || doneUntil < to) return 'its rollups are not done yet';
  if (dirty.some((bucket) => bucket >= from && bucket < to)) return 'late results in it are not rolled up yet';
  return null;
}

function keptDays(table: PartitionedTable, pingDays: number): number {
  if (table === 'ping_5m') return FIVE_MINUTES_KEPT_DAYS;
  return table === 'ping_1h' ? HOURLY_KEPT_DAYS : pingDays;
}
