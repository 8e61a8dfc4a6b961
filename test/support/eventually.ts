import { setTimeout as pause } from 'node:timers/promises';

/**
 * Repeats `check` until it stops throwing and returns its value; rethrows its last error after the time limit.
 * The only way tests wait: for a condition, never for a duration.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 30_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  // Tests set the time of day as they like.
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(everyMs);
    }
  }
}
