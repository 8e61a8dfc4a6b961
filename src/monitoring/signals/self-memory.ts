import { UNKNOWN } from '../../metrics/metric.js';
import type { SignalTarget } from '../../metrics/signal-source.port.js';
import type { Sample } from './sample.js';

/** What was measured longer ago says nothing any more. */
export const FRESH_MS = 30_000;

/** The last that each part found, in the memory of the process that samples. Times in ms of a clock that never goes back. */
export class SelfMemory {
  private readonly parts = new Map<string, { samples: readonly Sample[]; until: number }>();

  private readonly looked = new Set<string>();
  private readonly waiting = new Map<string, () => void>();

  /** Until a part was looked at for the first time, however that went. For one who waits at a time. */
  firstLook(part: string): Promise<void> {
    return this.looked.has(part) ? Promise.resolve() : new Promise((resolve) => this.waiting.set(part, resolve));
  }

  succeeded(part: string, samples: readonly Sample[], at: number): void {
    this.lookedAt(part);
    this.parts.set(part, { samples, until: at + FRESH_MS });
  }

  /** From now on nothing is known of what the part measures. */
  failed(part: string): void {
    this.lookedAt(part);
    this.parts.delete(part);
  }

  /** UNKNOWN when it is too old, or was never found. */
  valueOf(metric: string, target: Pick<SignalTarget, 'key'>, now: number): number {
    for (const samples of this.fresh(now)) {
      const found = samples.find((sample) => sample.metric === metric && sample.target.key === target.key);
      if (found) return found.value;
    }
    return UNKNOWN;
  }

  /** What a part found; null when that is too old or it never did. */
  samplesOf(part: string, now: number): readonly Sample[] | null {
    const known = this.parts.get(part);
    return known && now < known.until ? known.samples : null;
  }

  private lookedAt(part: string): void {
    this.looked.add(part);
    this.waiting.get(part)?.();
    this.waiting.delete(part);
  }

  private *fresh(now: number): Generator<readonly Sample[]> {
    for (const { samples, until } of this.parts.values()) if (now < until) yield samples;
  }
}
