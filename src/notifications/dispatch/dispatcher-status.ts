/** What the dispatcher of this process says of itself. */
export class DispatcherStatus {
  private passedAt: number | null = null;

  /** A pass read and wrote the database without a mistake. By performance.now(). */
  passed(at: number): void {
    this.passedAt = at;
  }

  /** This process dispatches no more. */
  ended(): void {
    this.passedAt = null;
  }

  /**
   * How long ago the last pass succeeded, ms.
   * @param now by performance.now()
   * @returns null where no pass has: another process dispatches, or the database is away since the start
   */
  lastPassAgeMs(now: number = performance.now()): number | null {
    return this.passedAt === null ? null : Math.max(0, now - this.passedAt);
  }
}
