import type { MetricDefinition, Signal, TargetKind } from './metric.js';

/** Something other than a device that values are about. */
export interface SignalTarget {
  /** Stable, unique within its kind, such as the id of a node. */
  key: string;
  name: string;
  labels: Readonly<Record<string, string>>;
}

/**
 * Values of several signals for all targets of one kind: `columns[i][j]` is of `signals[i]` and the j-th target.
 * Never infinite but for NOT_APPLICABLE; NaN is UNKNOWN.
 */
export type SignalReading = { signals: readonly Signal[]; columns: readonly Float64Array[] } & (
  | { kind: 'device'; /** Numbers of devices. */ nums: Int32Array }
  | { kind: Exclude<TargetKind, 'device'>; targets: readonly SignalTarget[] }
);

/**
 * The port by which a feature offers its current values, so that who reads them knows no feature. Register with `SignalSources`.
 * A reading costs a fixed number of SQL statements (at most one), whatever the numbers of signals and targets.
 */
export abstract class SignalSource {
  /** For the log, such as `probes`. */
  abstract readonly name: string;
  abstract readonly metrics: readonly MetricDefinition[];

  /**
   * @param signals only of its own metrics, each once
   * @returns a reading per target kind; a signal that it says nothing about counts as UNKNOWN for every target
   * @throws what reading fails with: all of its values are UNKNOWN then
   */
  abstract read(signals: readonly Signal[]): Promise<SignalReading[]>;
}
