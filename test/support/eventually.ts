import { setTimeout as pause } from 'node:timers/promises';

/**
 * Repeats `check` until it stops throwing and returns its value; rethrows its last error after the time limit.
 * The only way tests wait: for a condition, never for a duration.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(everyMs);
    }
  }
}
