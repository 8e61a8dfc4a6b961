import type { Signal } from './metric.js';

/**
 * What one value was, in pieces: from `at[i]` on it was `values[i]`, grown by `slopes[i]` a second, until the next piece. NaN: unknown.
 */
export interface Track {
  /** Ms since the epoch, ascending; the first may lie before the range that was asked for. */
  at: Float64Array;
  values: Float64Array;
  slopes: Uint8Array;
}

/** `samples`: every result that was stored. `5m`: means of five minutes. */
export type HistoryResolution = 'samples' | '5m';

/** From `from` until before `to`, ms since the epoch. */
export interface HistoryRange {
  from: number;
  to: number;
}

/** How a range would be read. */
export interface HistoryPlan {
  resolution: HistoryResolution;
  /** About how many pieces a device has. */
  piecesPerDevice: number;
}

/** The port by which who replays the past reads it. Only of devices, and of metrics that say `hasHistory`. */
export abstract class SignalHistory {
  /** @param now ms since the epoch: what is too long ago is there in means only */
  abstract plan(signals: readonly Signal[], range: HistoryRange, now: number): HistoryPlan;

  /**
   * A fixed number of statements, whatever the numbers of signals and devices.
   * @param nums numbers of devices: few enough that all of their pieces fit into memory
   * @returns by number, a track a signal; null where it says nothing about the device
   */
  abstract read(
    nums: readonly number[],
    signals: readonly Signal[],
    range: HistoryRange,
    resolution: HistoryResolution,
  ): Promise<Map<number, (Track | null)[]>>;
}
