/** How often the server may end in a window of time before there is no point in starting it again. */
export const MAX_ENDS = 8;
export const WINDOW_MS = 120_000;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;

/**
 * @param ends when the server ended unexpectedly, ms, oldest first, the newest included
 * @param now ms
 * @returns ms to wait before the next start, or undefined to give up
 */
export function restartDelay(ends: readonly number[], now: number): number | undefined {
  const recent = ends.filter((at) => now - at < WINDOW_MS).length;
  if (recent > MAX_ENDS) return undefined;
  return Math.min(FIRST_DELAY_MS * 2 ** Math.max(0, recent - 1), MAX_DELAY_MS);
}
