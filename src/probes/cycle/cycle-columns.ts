import type { Observation, StateEvent } from '../state/device-state.js';
import type { JudgedState } from './judge-cycle.js';

/** SQL type of every column, and its values as an array in PostgreSQL's own words, in the same order. */
export interface Columns {
  types: string[];
  values: string[];
}

type Cell = number | string | boolean | null;
type Column<T> = [type: string, of: (item: T) => Cell];

/** Status in `ping_results`. */
const STATUS = { ok: 0, failed: 1, unknown: 2 } as const;
const MAX_TEXT = 500;
const MAX_COUNT = 32_767;

const seen =
  (of: (observation: Observation) => Cell) =>
  ({ observation }: JudgedState): Cell =>
    observation ? of(observation) : null;

/** Of `device_state`, and of `ping_results` for devices that were probed. */
const STATE_CELLS: Column<JudgedState>[] = [
  ['int', ({ num }) => num],
  ['text', ({ state }) => state.state],
  ['text', ({ state }) => state.lastKnownState],
  ['bool', ({ state }) => state.hard],
  ['int', ({ state }) => state.fails],
  ['int', ({ state }) => state.oks],
  ['float8', ({ state }) => state.pendingSince],
  ['float8', ({ state }) => state.since],
  ['float8', ({ state }) => state.eventAt],
  ['float8', ({ state }) => state.downSince],
  ['text', ({ state }) => state.cause],
  ['float8', ({ state }) => state.freshUntil],
  ['bool', ({ state }) => state.inMaintenance],
  ['float8', ({ state }) => state.maintenanceUntil],
  ['bool', ({ state }) => state.excused],
  ['bool', ({ state }) => state.blind],
  ['bool', ({ state }) => state.flapping],
  ['int', ({ state }) => state.history],
  ['int', ({ state }) => state.historyLength],
  ['float8', seen(({ at }) => at)],
  ['int', seen(({ outcome }) => STATUS[outcome])],
  ['text', seen(({ error }) => text(error))],
  ['int', seen(({ sent }) => Math.min(sent, MAX_COUNT))],
  ['int', seen(({ received }) => Math.min(received, MAX_COUNT))],
  ['float8', seen(({ rtt }) => rtt?.min ?? null)],
  ['float8', seen(({ rtt }) => rtt?.avg ?? null)],
  ['float8', seen(({ rtt }) => rtt?.max ?? null)],
  ['float8', seen(({ rtt }) => rtt?.jitter ?? null)],
  ['text', seen(({ detail }) => detailText(detail))],
  // A sample of the rings: not what is unknown, nor what failed because nothing could be seen.
  ['bool', ({ observation, state }) => isSample(observation, state.blind)],
];

const EVENT_CELLS: Column<StateEvent>[] = [
  ['int', ({ deviceNum }) => deviceNum],
  ['float8', ({ at }) => at],
  ['text', ({ from }) => from],
  ['text', ({ to }) => to],
  ['bool', ({ inMaintenance }) => inMaintenance],
  ['bool', ({ excused }) => excused],
  ['bool', ({ blind }) => blind],
  ['text', ({ cause }) => cause],
  ['text', ({ detail }) => text(detail)],
];

/**
 * Columns instead of rows: one parameter each, however many devices there are. Made into text here, because `pg` quotes every number
 * and builds the text of an array piece by piece: for 10,000 devices that takes nine times as long and leaves 70 MB of garbage.
 */
export const stateColumns = (states: readonly JudgedState[]): Columns => columns(STATE_CELLS, states);
export const eventColumns = (events: readonly StateEvent[]): Columns => columns(EVENT_CELLS, events);

/** Numbers of devices as one parameter, `int[]`. */
export const numbersArray = (nums: readonly number[]): string => `{${nums.join()}}`;

function columns<T>(cells: Column<T>[], items: readonly T[]): Columns {
  return {
    types: cells.map(([type]) => type),
    values: cells.map(([, of]) => `{${items.map((item) => element(of(item))).join()}}`),
  };
}

/** One element of an array as PostgreSQL reads it. */
function element(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? 'NULL' : String(cell);
  return `"${/["\\]/.test(cell) ? cell.replace(/["\\]/g, '\\$&') : cell}"`;
}

function isSample(observation: Observation | null, blind: boolean): boolean {
  return observation !== null && observation.outcome !== 'unknown' && observation.sent > 0 && !blind;
}

/** What PostgreSQL can store: one odd answer must not cost a whole turn its results. */
function text(value: string | null): string | null {
  return value === null ? null : value.replaceAll('\0', '').toWellFormed().slice(0, MAX_TEXT).toWellFormed();
}

function detailText(detail: Observation['detail']): string | null {
  if (!detail) return null;
  return JSON.stringify(detail, (_, value: unknown) => (typeof value === 'string' ? text(value) : value));
}
