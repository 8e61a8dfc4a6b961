/** After the last change of a burst… */
export const QUIET_MS = 1_000;
/** …but no later than this after its first. */
export const LONGEST_WAIT_MS = 5_000;

/** When a refresh is due (ms, any clock) for a burst of changes. */
export function dueAt(firstChange: number, lastChange: number): number {
  return Math.min(lastChange + QUIET_MS, firstChange + LONGEST_WAIT_MS);
}

/**
 * Seconds after a change at which the swarm is looked at again: there are no events for tasks, and what a change sets in
 * motion (tasks starting, failing, being moved) settles only later.
 */
export const FOLLOW_UP_SECONDS = [5, 15, 40] as const;

/** The follow-ups that come before the cron would look anyway. */
export function followUps(refreshSeconds: number): number[] {
  return FOLLOW_UP_SECONDS.filter((seconds) => seconds < refreshSeconds);
}
