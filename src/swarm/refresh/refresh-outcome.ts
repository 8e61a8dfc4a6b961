import type { CycleSlot } from '../../platform/queue/cycle-slot.js';

/** Who asked for a refresh. The cron's is skipped when one runs; the others wait, since they know of a change. */
export type RequestedBy = 'cron' | 'startup' | 'event' | 'request';

export interface RefreshRequest {
  requestedBy: RequestedBy;
  /** A collection that started at or after this moment answers the request. */
  requestedAt: Date;
  /** The turn of the schedule it stands for, if any. */
  slot?: CycleSlot | undefined;
}

/** What became of a request: all of them are expected, none is an exception. */
export type RefreshOutcome =
  | { kind: 'refreshed'; revision: string; durationSeconds: number; apiCalls: number }
  | { kind: 'failed'; code: string; message: string }
  /** Another refresh started after the request was made and its picture stands. */
  | { kind: 'already_fresh' }
  /** Another refresh is running, and this request does not wait for it. */
  | { kind: 'busy' };

/**
 * A collection answers a request when it started after it was made. One that claims to have started in the future answers none:
 * a clock was set back since, and would otherwise stop all refreshing until it catches up.
 */
export function answers(collectedAt: string | null, { requestedAt }: RefreshRequest, now: Date): boolean {
  if (collectedAt === null) return false;
  const startedAt = Date.parse(collectedAt);
  return startedAt >= requestedAt.getTime() && startedAt <= now.getTime();
}
