/** A schedule that somebody should do. */
export interface AwaitedSchedule {
  key: string;
  intervalSeconds: number;
  /** Of the last turn that was done, ms since the epoch; null before the first. */
  lastDueAt: number | null;
}

/**
 * How much the cycle that is overdue most is. A schedule is waited for since it was first seen here: what was missed while nobody ran,
 * or before a device was added, is no lag.
 */
export class CycleLag {
  private since = new Map<string, number>();

  /**
   * @param now ms since the epoch
   * @returns seconds over one interval since the last turn that was due and done; 0 when none is overdue
   */
  of(schedules: readonly AwaitedSchedule[], now: number): number {
    // A first sight in the future: the clock was set back.
    const since = new Map(schedules.map(({ key }) => [key, Math.min(this.since.get(key) ?? now, now)]));
    this.since = since;
    const lags = schedules.map(({ key, intervalSeconds, lastDueAt }) => {
      const from = Math.max(lastDueAt ?? 0, since.get(key) ?? now);
      return (now - from) / 1_000 - intervalSeconds;
    });
    return Math.max(0, ...lags);
  }
}
