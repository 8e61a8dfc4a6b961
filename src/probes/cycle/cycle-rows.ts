import type { ProbeOutcome } from '../drivers/probe-driver.port.js';
import type { DeviceState, DeviceStateName, StateCause } from '../state/device-state.js';
import type { Bystander, JudgedDevice } from './judged-device.js';

/** A row of the statement that reads what a turn is judged by. Instants in ms since the epoch. */
export interface CycleRow {
  part: 'device' | 'bystander' | 'cycle' | 'vantage';
  num: number | null;
  parent_num: number | null;
  site_id: string | null;
  is_probed: boolean | null;
  down_after: number | null;
  up_after: number | null;
  flap_low: number | null;
  flap_high: number | null;
  parent_is_probed: boolean | null;
  parent_state: DeviceStateName | null;
  parent_since: number | null;
  parent_down_since: number | null;
  parent_outcome: ProbeOutcome | null;
  parent_last_at: number | null;
  state: DeviceStateName | null;
  last_known_state: 'up' | 'down' | null;
  hard: boolean;
  fails: number;
  oks: number;
  pending_since: number | null;
  since: number;
  event_at: number | null;
  down_since: number | null;
  cause: StateCause;
  last_at: number | null;
  fresh_until: number | null;
  in_maintenance: boolean;
  maintenance_until: number | null;
  excused: boolean;
  blind: boolean;
  flapping: boolean;
  history: number;
  history_length: number;
  /** Of other cycles: their kind, and what they lost. */
  kind: string | null;
  candidates: number | null;
  lost: number | null;
  explained: number | null;
  started_at: number | null;
  reason: string | null;
  /** Of the vantage point: when this schedule was last due. */
  last_due_at: number | null;
}

/** The columns of `device_state` that {@link stateOfRow} needs, of the table alias `s`. */
export const STATE_COLUMNS = `s.state, s.last_known_state, s.hard, s.fails, s.oks, ms(s.pending_since) AS pending_since,
  ms(s.since) AS since, ms(s.event_at) AS event_at, ms(s.down_since) AS down_since, s.cause, ms(s.last_at) AS last_at,
  ms(s.fresh_until) AS fresh_until, s.in_maintenance, ms(s.maintenance_until) AS maintenance_until, s.excused, s.blind, s.flapping, s.history, s.history_length`.replace(
  /ms\(([a-z_.]+)\)/g,
  '(extract(epoch FROM $1) * 1000)::float8',
);

export function stateOfRow(row: CycleRow): DeviceState | null {
  if (row.state === null) return null;
  return {
    state: row.state,
    lastKnownState: row.last_known_state,
    hard: row.hard,
    fails: row.fails,
    oks: row.oks,
    pendingSince: row.pending_since,
    since: row.since,
    eventAt: row.event_at,
    downSince: row.down_since,
    cause: row.cause,
    lastAt: row.last_at,
    freshUntil: row.fresh_until,
    inMaintenance: row.in_maintenance,
    maintenanceUntil: row.maintenance_until,
    excused: row.excused,
    blind: row.blind,
    flapping: row.flapping,
    history: row.history,
    historyLength: row.history_length,
  };
}

export function deviceOfRow(row: CycleRow): JudgedDevice {
  const { parent_num: parentNum } = row;
  return {
    num: row.num ?? 0,
    siteId: row.site_id,
    isProbed: row.is_probed === true,
    profile: {
      downAfter: row.down_after ?? 1,
      upAfter: row.up_after ?? 1,
      flapLow: row.flap_low ?? 0,
      flapHigh: row.flap_high ?? 100,
    },
    state: stateOfRow(row),
    parent:
      parentNum === null
        ? null
        : {
            num: parentNum,
            isProbed: row.parent_is_probed === true,
            state: row.parent_state,
            since: row.parent_since,
            downSince: row.parent_down_since,
            lastOutcome: row.parent_outcome,
            lastAt: row.parent_last_at,
          },
  };
}

export function bystanderOfRow(row: CycleRow): Bystander | null {
  const state = stateOfRow(row);
  return state && row.num !== null && row.parent_num !== null
    ? { num: row.num, parentNum: row.parent_num, state }
    : null;
}
