/** Deliveries of one channel that are under way at once. */
export const CHANNEL_CONCURRENCY = 8;
/** Claimed ahead of being sent, at most: while the receiver is quick, a claim is not to be the bottleneck. */
const MOST_AHEAD = 512;
/** A round of deliveries that took no longer allows more ahead. */
const QUICK_MS = 500;
/** So many different deliveries that failed in a row are the channel's fault, not theirs. */
const FAILURES_UNTIL_PAUSE = 8;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

/**
 * How much one channel may be given. When whatever is sent to it fails, it pauses as a whole and is then tried with one delivery at a time,
 * so that thousands of deliveries do not all knock on a door that stays shut. Times by performance.now().
 */
export class ChannelGate {
  private readonly underWay = new Set<string>();
  private readonly failing = new Set<string>();
  private ahead = CHANNEL_CONCURRENCY;
  private pausedUntil = -Infinity;
  private pauses = 0;

  /** How many more may be claimed for it now. */
  room(now: number): number {
    if (now < this.pausedUntil) return 0;
    const most = this.pauses > 0 ? 1 : this.ahead;
    return Math.max(0, most - this.underWay.size);
  }

  /** When it may be given something again; null when it may be now. */
  opensAt(now: number): number | null {
    return now < this.pausedUntil ? this.pausedUntil : null;
  }

  /** How many of those that somebody asked for may be claimed while it is given nothing, or one at a time, for what failed before. */
  askedRoom(now: number): number {
    const isShunned = this.pauses > 0 || now < this.pausedUntil;
    return isShunned && this.underWay.size < CHANNEL_CONCURRENCY ? 1 : 0;
  }

  claimed(id: string): void {
    this.underWay.add(id);
  }

  /** Nothing was sent after all. */
  released(id: string): void {
    this.underWay.delete(id);
    this.ahead = CHANNEL_CONCURRENCY;
  }

  /**
   * @param waitedMs from the claim to the outcome
   * @returns whether it had been paused and works again: what waits for a further attempt need not wait any longer
   */
  succeeded(id: string, waitedMs: number): boolean {
    this.underWay.delete(id);
    this.failing.clear();
    this.ahead = waitedMs <= QUICK_MS ? Math.min(this.ahead + 2, MOST_AHEAD) : CHANNEL_CONCURRENCY;
    const wasPaused = this.pauses > 0;
    this.pauses = 0;
    this.pausedUntil = -Infinity;
    return wasPaused;
  }

  /**
   * @param permanent it was refused for what it is: the receiver works
   * @param retryAfterSeconds how long the receiver wants to be left alone
   * @param baseMs pause after the first time; at least 5 s unless a test says less
   */
  failed(
    id: string,
    now: number,
    {
      permanent = false,
      retryAfterSeconds = null,
      baseMs = FIRST_PAUSE_MS,
    }: {
      permanent?: boolean;
      retryAfterSeconds?: number | null;
      baseMs?: number;
    } = {},
  ): void {
    this.underWay.delete(id);
    this.ahead = CHANNEL_CONCURRENCY;
    if (permanent) return;
    this.failing.add(id);
    if (retryAfterSeconds !== null && retryAfterSeconds > 0)
      this.pauseFor(now, Math.min(retryAfterSeconds * 1_000, LONGEST_PAUSE_MS));
    if (this.pauses === 0 && this.failing.size < FAILURES_UNTIL_PAUSE) return;
    // Those that were under way when the pause began are no further signs.
    if (now < this.pausedUntil && this.pauses > 0) return;
    this.pauseFor(now, Math.min(baseMs * 2 ** Math.min(this.pauses, 10), LONGEST_PAUSE_MS));
    this.pauses++;
  }

  private pauseFor(now: number, ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, now + ms);
  }
}
