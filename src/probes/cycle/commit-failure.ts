import { isConnectionFailure } from '../../platform/queue/connection-failure.js';

/**
 * - `later`: the database is away or busy, or a device was deleted under our hands: the same again may succeed.
 * - `partition`: there is no partition for the day.
 * - `final`: again would be the same.
 */
export type CommitFailure = 'later' | 'partition' | 'final';

const NO_PARTITION = '23514';
/** Deleted device, serialization, deadlock, lock not available, time limit of the statement. */
const PASSING = new Set(['23503', '40001', '40P01', '55P03', '57014']);

export function commitFailure(error: unknown): CommitFailure {
  const { driverError } = error as { driverError?: unknown };
  const state = codeOf(driverError) ?? codeOf(error);
  if (state === NO_PARTITION) return 'partition';
  if (state !== undefined && PASSING.has(state)) return 'later';
  return isConnectionFailure(error) || isConnectionFailure(driverError) ? 'later' : 'final';
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** How long to wait before the next try; `tries` were made. */
export function pauseBefore(tries: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
}
