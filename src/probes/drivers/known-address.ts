/** What is known of a name. Times are of one monotonic clock, in ms. */
export interface KnownAddress {
  /** The last answer there was. */
  address: string | null;
  /** When it was given. */
  at: number;
  /** When it was last asked for, with or without an answer. */
  triedAt: number;
}

const FRESH_MS = 60_000;
const FAILURE_FRESH_MS = 10_000;
/** A name server that is away must not make its devices unknown. */
const LAST_KNOWN_MS = 3_600_000;

/** Whether it need not be asked again: 60 s after an answer, 10 s after a failure. */
export function remembered({ address, at, triedAt }: KnownAddress, now: number): boolean {
  const answered = address !== null && triedAt <= at;
  return now - triedAt < (answered ? FRESH_MS : FAILURE_FRESH_MS);
}

/** The address to use: the last one known, for up to an hour. */
export function answerOf({ address, at }: KnownAddress, now: number): string | null {
  return now - at < LAST_KNOWN_MS ? address : null;
}
