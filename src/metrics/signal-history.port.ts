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
  /** About how many pieces each device has, in the order of their numbers. */
  pieces: readonly number[];
  /** Ms since the epoch; of before nothing that is asked for is kept. */
  keptFrom: number;
}

/** What can have held alerts of a device back. */
export const HELD_BACK_BY = { maintenance: 1, parent: 2 } as const;

/** What is known of one device. */
export interface DeviceHistory {
  num: number;
  /** When anything was known of it first, ms since the epoch, also before the range; null: never. */
  beganAt: number | null;
  /** A track a signal; null where that says nothing about the device. */
  tracks: (Track | null)[];
  /** {@link HELD_BACK_BY} each, 0: nothing did. */
  heldBack: Track;
}

/** The port by which who replays the past reads it. Only of devices, and of metrics that say `hasHistory`. */
export abstract class SignalHistory {
  /**
   * One statement.
   * @param nums numbers of devices
   * @param now ms since the epoch: what is too long ago is there in means only
   */
  abstract plan(
    nums: readonly number[],
    signals: readonly Signal[],
    range: HistoryRange,
    now: number,
  ): Promise<HistoryPlan>;

  /**
   * At most three statements, whatever the numbers of signals and devices.
   * @param nums numbers of devices: few enough that all of their pieces fit into memory
   * @returns those that there are, each made when it is asked for
   */
  abstract read(
    nums: readonly number[],
    signals: readonly Signal[],
    range: HistoryRange,
    resolution: HistoryResolution,
  ): Promise<Iterable<DeviceHistory>>;
}
