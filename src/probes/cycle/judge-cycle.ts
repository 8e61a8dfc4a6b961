import type { DeviceState, Observation, StateEvent } from '../state/device-state.js';
import { isBlocking, isHeldDown, notAhead, type OngoingMaintenance, type Transition } from '../state/judging.js';
import { disable, isSuppressible, suppress, transition } from '../state/transition.js';
import { type Bystander, type JudgedDevice, parentsFirst } from './judged-device.js';

/** Maintenance of a device in this turn; `collect` false: it was not probed. */
export interface TurnMaintenance extends OngoingMaintenance {
  collect: boolean;
}

export interface CycleFacts {
  devices: readonly JudgedDevice[];
  /** Devices of any shard that are down, behind those that failed. */
  bystanders: readonly Bystander[];
  observations: ReadonlyMap<number, Observation>;
  maintenance: ReadonlyMap<number, TurnMaintenance>;
  blind: boolean;
  /** When the turn was probed, ms. */
  at: number;
  intervalMs: number;
}

/** What is to be written of one device. */
export interface JudgedState {
  num: number;
  state: DeviceState;
  /** Null: it was not probed; its last result stays. */
  observation: Observation | null;
}

export interface CycleVerdict {
  states: JudgedState[];
  events: StateEvent[];
}

/** What one turn makes of its devices, and of those behind them. Parents come first, so that one turn suffices for a whole tree. */
export function judgeCycle(facts: CycleFacts): CycleVerdict {
  const { observations, maintenance, at } = facts;
  const inTime = <T extends { state: DeviceState | null }>(item: T): T => {
    return { ...item, state: item.state && notAhead(item.state, facts) };
  };
  const devices = facts.devices.map(inTime);
  const verdict: CycleVerdict = { states: [], events: [] };
  const after = new Map<number, DeviceState | null>();
  for (const device of parentsFirst(devices, ({ parent }) => parent?.num ?? null)) {
    const observation = device.isProbed ? (observations.get(device.num) ?? null) : null;
    const step = judgeDevice(device, observation, facts, after);
    after.set(device.num, device.isProbed ? (step?.state ?? device.state) : null);
    if (step) record(verdict, device.num, step, observation);
  }
  for (const bystander of parentsFirst(facts.bystanders.map(inTime), ({ parentNum }) => parentNum)) {
    const parent = after.get(bystander.parentNum);
    const { num, state } = bystander;
    const isSuppressed = parent && isBlocking(parent.state) && isSuppressible(state);
    if (after.has(num) || !isSuppressed || maintenance.get(num)?.collect === false) continue;
    const step = suppress(state, blockedSince(parent.since, at));
    after.set(num, step.state);
    record(verdict, num, step, null);
  }
  return verdict;
}

/** Null: nothing about it changes. */
function judgeDevice(
  device: JudgedDevice,
  observation: Observation | null,
  { maintenance, blind, at, intervalMs }: CycleFacts,
  after: ReadonlyMap<number, DeviceState | null>,
): Transition | null {
  const { num, state, parent, profile } = device;
  if (!device.isProbed) return state && state.cause !== 'disabled' ? disable(state, at) : null;
  const now = maintenance.get(num) ?? null;
  if (!observation && !state) return null;
  const context = { blind, maintenance: now, at, intervalMs, ...blockade(parent, after, at) };
  const step = transition(state, observation, profile, context);
  const { maintenanceUntil, freshUntil } = step.state;
  const isKept = maintenanceUntil === state?.maintenanceUntil && freshUntil === state?.freshUntil;
  return observation || step.events.length > 0 || !isKept ? step : null;
}

function blockade(parent: JudgedDevice['parent'], after: ReadonlyMap<number, DeviceState | null>, at: number) {
  if (!parent) return { parentBlocked: false };
  const judged = after.get(parent.num);
  const known = judged ?? (after.has(parent.num) || !parent.isProbed ? NOTHING_KNOWN : parent);
  const since = isBlocking(known.state) && known.since !== null ? blockedSince(known.since, at) : null;
  return { parentBlocked: isHeldDown(known), parentSince: since };
}

const NOTHING_KNOWN = { state: null, since: null, downSince: null };

/** Never later than now, whatever the clock of the worker before said. */
function blockedSince(since: number, at: number): number {
  return Math.min(since, at);
}

function record(verdict: CycleVerdict, num: number, { state, events }: Transition, observation: Observation | null) {
  verdict.states.push({ num, state, observation });
  for (const event of events) verdict.events.push({ deviceNum: num, ...event });
}
