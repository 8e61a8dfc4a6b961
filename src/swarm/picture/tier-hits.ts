import type { TierHits } from './cache-report.js';
import type { Tier } from './tiers.js';

const WINDOW_MS = 600_000;
const none = (): TierHits => ({ primary: 0, backup: 0, memory: 0, miss: 0 });

/** Counts where reads were answered, over this window and the one before: old trouble must not be told for ever. */
export class TierHitCounter {
  private current = none();
  private previous = none();
  private windowStart = 0;

  count(tier: Tier, now: Date): void {
    this.roll(now);
    this.current[tier === 'primary' || tier === 'backup' || tier === 'memory' ? tier : 'miss'] += 1;
  }

  hits(now: Date): TierHits {
    this.roll(now);
    const { current, previous } = this;
    return {
      primary: current.primary + previous.primary,
      backup: current.backup + previous.backup,
      memory: current.memory + previous.memory,
      miss: current.miss + previous.miss,
    };
  }

  private roll(now: Date): void {
    const age = now.getTime() - this.windowStart;
    // Below 0 the system's clock was set back: a new window, or none would begin until it has caught up.
    if (age >= 0 && age < WINDOW_MS) return;
    this.previous = age < 2 * WINDOW_MS ? this.current : none();
    this.current = none();
    this.windowStart = now.getTime();
  }
}
