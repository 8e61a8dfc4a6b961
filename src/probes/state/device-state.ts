import type { ProbeOutcome, RoundTrips } from '../drivers/probe-driver.port.js';

export const DEVICE_STATES = ['up', 'down', 'unknown', 'unreachable'] as const;
/**
 * - `up`, `down`: hard, that is confirmed by as many cycles as the profile asks for.
 * - `unreachable`: it does not answer, and neither does its parent: nothing is known of it, and it is not its fault.
 * - `unknown`: nothing can be said: never probed, the driver is broken, the vantage point is blind, it is not probed any more.
 */
export type DeviceStateName = (typeof DEVICE_STATES)[number];

/** Why a device is in its state. */
export type StateCause =
  | 'probe'
  | 'driver'
  | 'not_reported'
  /** Nobody probed it: no worker was there, or none could write. */
  | 'not_probed'
  | 'blind'
  | 'parent'
  | 'maintenance'
  | 'disabled';

/** A device that was not probed for this many intervals is unknown: what it was says nothing about now. */
export const FRESH_INTERVALS = 3;

/** What is known of one device between two cycles: a row of `device_state`. Times are instants in ms since the epoch. */
export interface DeviceState {
  state: DeviceStateName;
  /** The last one that was `up` or `down`; null until there was one. */
  lastKnownState: 'up' | 'down' | null;
  /** False while results disagree with the state, and not yet often enough (soft). */
  hard: boolean;
  /** Results in a row that disagree with / confirm the state; `unknown` ones change neither. */
  fails: number;
  oks: number;
  /** When the first of the disagreeing results was. */
  pendingSince: number | null;
  since: number;
  /** `at` of its latest event, whatever that was about; null before the first. The next one is never before it. */
  eventAt: number | null;
  /** When the first failed probe of this outage was. Kept while the state is unknown: the outage may not be over. */
  downSince: number | null;
  cause: StateCause;
  /** When it was last probed; null: never. */
  lastAt: number | null;
  /** How long this says something about now: {@link FRESH_INTERVALS} after the last probe, or after a maintenance without probes. */
  freshUntil: number | null;
  inMaintenance: boolean;
  /** When the maintenance that it is in was said to end. */
  maintenanceUntil: number | null;
  /** In a maintenance that does not count as downtime. */
  excused: boolean;
  blind: boolean;
  flapping: boolean;
  /** Of the last results, newest in bit 0, 1 = failed; for flap detection. */
  history: number;
  historyLength: number;
}

/** What one cycle found out about one device. */
export interface Observation {
  at: number;
  outcome: ProbeOutcome;
  sent: number;
  received: number;
  rtt: RoundTrips | null;
  error: string | null;
  detail: Record<string, string | number | boolean | null> | null;
}

/** A change of state, a row of `state_events`. `at` never goes back for one device. */
export interface StateEvent {
  deviceNum: number;
  at: number;
  from: DeviceStateName | null;
  to: DeviceStateName;
  inMaintenance: boolean;
  excused: boolean;
  blind: boolean;
  cause: StateCause;
  detail: string | null;
}
