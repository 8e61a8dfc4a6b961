/** Who asked for a refresh. The cron's is skipped when one runs; the others wait, since they know of a change. */
export type RequestedBy = 'cron' | 'startup' | 'event' | 'request';

export interface RefreshRequest {
  requestedBy: RequestedBy;
  /** A collection that started at or after this moment answers the request. */
  requestedAt: Date;
}

/** What became of a request: all of them are expected, none is an exception. */
export type RefreshOutcome =
  | { kind: 'refreshed'; revision: string; durationSeconds: number; apiCalls: number }
  | { kind: 'failed'; code: string; message: string }
  /** Another refresh started after the request was made and its picture stands. */
  | { kind: 'already_fresh' }
  /** Another refresh is running, and this request does not wait for it. */
  | { kind: 'busy' };

/** A collection answers a request when it started after it was made. */
export function answers(collectedAt: string | null, { requestedAt }: RefreshRequest): boolean {
  return collectedAt !== null && Date.parse(collectedAt) >= requestedAt.getTime();
}
