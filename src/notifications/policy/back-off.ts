const LONGEST_MS = 15 * 60_000;
/** What a receiver may ask for at most. */
export const LONGEST_RETRY_AFTER_MS = 60 * 60_000;

/**
 * How long to wait before the next attempt: doubles with each, up to 15 minutes, less up to a fifth lest all come at once.
 * @param attempts how many there were, at least 1
 * @param baseMs pause before the second attempt
 * @param retryAfterSeconds what the receiver asked for; it is waited for at least that long, an hour at most
 * @param random a number in [0, 1)
 */
export function backOffMs(attempts: number, baseMs: number, retryAfterSeconds: number | null, random: number): number {
  const doubled = Math.min(baseMs * 2 ** Math.min(attempts - 1, 20), LONGEST_MS);
  const jittered = Math.round(doubled * (1 - random / 5));
  if (retryAfterSeconds === null || !(retryAfterSeconds > 0)) return jittered;
  return Math.max(jittered, Math.min(retryAfterSeconds * 1_000, LONGEST_RETRY_AFTER_MS));
}
