/** What settings ask for, in jobs that may run at once. */
interface WantedWorkers {
  workersMin: number;
  /** At least half of them must be there; 0 expects nothing. */
  workersExpected: number;
}

/** How much concurrency is missing to what the settings ask for; 0 when nothing is. The same limits by which health is degraded. */
export function workersShort(concurrency: number, { workersMin, workersExpected }: WantedWorkers): number {
  return Math.max(0, Math.max(workersMin, Math.ceil(workersExpected / 2)) - concurrency);
}
