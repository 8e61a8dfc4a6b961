import { UNKNOWN } from '../../metrics/metric.js';
import type { Track } from '../../metrics/signal-history.port.js';

/** Where a track has got to. */
export class TrackCursor {
  private place = -1;

  /** @param thresholds what the value is compared with: while it grows, the moments that it crosses them count */
  constructor(
    private readonly track: Track,
    private readonly thresholds: readonly number[],
  ) {}

  /** Goes on to `now`, never back. @returns the next moment after it at which there may be news */
  advance(now: number): number {
    const { at, slopes } = this.track;
    while (at[this.place + 1]! <= now) this.place++;
    const end = at[this.place + 1] ?? Infinity;
    return this.place < 0 || slopes[this.place] === 0 ? end : this.nextCrossing(now, end);
  }

  valueAt(now: number): number {
    if (this.place < 0) return UNKNOWN;
    const { at, values, slopes } = this.track;
    return values[this.place]! + (slopes[this.place]! * (now - at[this.place]!)) / 1_000;
  }

  private nextCrossing(now: number, end: number): number {
    const began = this.track.at[this.place]!;
    let next = end;
    for (const threshold of this.thresholds) {
      const crossed = began + (threshold - this.track.values[this.place]!) * 1_000;
      if (crossed < began) continue;
      // `>` and `<=` change just after it.
      if (crossed > now) next = Math.min(next, crossed);
      else if (crossed + 1 > now) next = Math.min(next, crossed + 1);
    }
    return next;
  }
}
