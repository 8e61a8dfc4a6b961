import { type DeviceState, FRESH_INTERVALS, type Observation, type StateCause } from './device-state.js';
import { appendResult, isFlapping } from './flapping.js';
import { isBlocking, Judging, type OngoingMaintenance, type Step, type Transition } from './judging.js';

/** What of a device's profile the state machine needs. */
export interface StateProfile {
  /** Failed results in a row until it is down. */
  downAfter: number;
  /** Good ones in a row until it is up. */
  upAfter: number;
  /** Thresholds of flapping, percent. */
  flapLow: number;
  flapHigh: number;
}

/** What is true around a device while it is judged. */
export interface TransitionContext {
  /** Its parent is hard down or unreachable, or was before nothing was known of it: its own failures prove nothing. */
  parentBlocked: boolean;
  /** Since when, if known: a device that is down already is unreachable from then on. */
  parentSince?: number | null;
  /** The vantage point is blind: failures prove nothing, answers do. */
  blind: boolean;
  maintenance: OngoingMaintenance | null;
  /** Now, ms since the epoch. */
  at: number;
  /** Between two turns. */
  intervalMs: number;
}

/**
 * One step of a device's state: what one cycle makes of it.
 *
 * Hard down after `downAfter` failed results in a row, up after `upAfter` good ones, also from the start; `unknown` results change
 * neither count, but make the state unknown at once. Out of unknown, a result that agrees with the last known state brings it back at
 * once, others count on. A device whose parent is down or unreachable becomes unreachable instead of down, and up as any other does.
 * A change by counting is dated back to the first of the results that were counted.
 *
 * @param state null: nothing was ever known
 * @param observation null: it was not probed this time; only its maintenance may have changed
 */
export function transition(
  state: DeviceState | null,
  observation: Observation | null,
  profile: StateProfile,
  context: TransitionContext,
): Transition {
  const judging = new Judging(state, observation?.at ?? context.at);
  forgetStale(judging, observation, context);
  judging.keepMaintenance(context.maintenance, context.at);
  if (observation) observe(judging, observation, profile, context);
  keepFresh(judging, observation, context);
  return judging.done();
}

/** Turns never begin to the millisecond: one that is this share of an interval late makes nothing stale. */
const LATE_SHARE = 0.5;

/** Nobody probed it for so long that what it was says nothing about since then. Counts go on, but date nothing back over the gap. */
function forgetStale(judging: Judging, observation: Observation | null, context: TransitionContext): void {
  const { state, lastAt, freshUntil, maintenanceUntil } = judging.state;
  const { at, intervalMs, maintenance } = context;
  if (lastAt === null || freshUntil === null) return;
  // A maintenance without probes makes nothing stale, from its begin on.
  const neededAt = !observation && maintenance ? maintenance.since : at;
  // A device that has moved to a longer interval is as fresh as that one asks for.
  if (neededAt <= Math.max(freshUntil, lastAt + FRESH_INTERVALS * intervalMs) + LATE_SHARE * intervalMs) return;
  judging.state = { ...judging.state, pendingSince: null };
  if (state === 'unknown') return;
  const wasLeftAlone = maintenanceUntil !== null && maintenanceUntil > lastAt && maintenanceUntil < freshUntil;
  const seenUntil = wasLeftAlone ? maintenanceUntil : lastAt;
  const lostAt = seenUntil + (freshUntil - seenUntil) / FRESH_INTERVALS;
  judging.step({ to: 'unknown', at: lostAt, cause: 'not_probed', blind: false });
}

function keepFresh(judging: Judging, observation: Observation | null, context: TransitionContext): void {
  const knownUntil = observation?.at ?? context.maintenance?.until;
  if (knownUntil === undefined) return;
  const { lastAt } = judging.state;
  const freshUntil = knownUntil + FRESH_INTERVALS * context.intervalMs;
  judging.state = { ...judging.state, lastAt: observation?.at ?? lastAt, freshUntil };
}

/** It is not probed any more: switched off, or its profile is for SNMP only. Counting begins anew when it comes back. */
export function disable(state: DeviceState, at: number): Transition {
  const judging = new Judging(state, at);
  if (state.cause === 'disabled') return judging.done();
  judging.state = {
    ...judging.state,
    fails: 0,
    oks: 0,
    pendingSince: null,
    history: 0,
    historyLength: 0,
    flapping: false,
    inMaintenance: false,
    excused: false,
    maintenanceUntil: null,
  };
  judging.step({ to: 'unknown', at, cause: 'disabled', blind: false });
  return judging.done();
}

/**
 * Its parent has become hard down or unreachable while it was down: it is unreachable since then. Nothing changes for a device that
 * is not down, or that has begun to answer.
 */
export function suppress(state: DeviceState, parentSince: number): Transition {
  const judging = new Judging(state, parentSince);
  if (isSuppressible(state)) {
    judging.state = { ...judging.state, pendingSince: null };
    judging.step({ to: 'unreachable', at: parentSince, cause: 'parent' });
  }
  return judging.done();
}

/** Down, and not answering again yet. */
export function isSuppressible({ state, fails }: Pick<DeviceState, 'state' | 'fails'>): boolean {
  return state === 'down' && fails > 0;
}

function observe(judging: Judging, seen: Observation, profile: StateProfile, context: TransitionContext): void {
  const { outcome, at, error: detail } = seen;
  if (outcome === 'unknown') {
    const blind = judging.state.blind && context.blind;
    return judging.step({ to: 'unknown', at, cause: causeOfUnknown(seen), detail, blind });
  }
  if (outcome === 'failed' && context.blind) {
    // Failures just before may have been its first sign: they count, but an outage is not dated back over the blindness.
    judging.state = { ...judging.state, pendingSince: null };
    return judging.step({ to: 'unknown', at, cause: 'blind', detail, blind: true });
  }
  judging.state = count(judging.state, outcome === 'failed', at, profile);
  judging.step({ ...verdict(judging.state, seen, profile, context), blind: false });
}

function causeOfUnknown({ error }: Observation): StateCause {
  if (error === 'driver' || error?.startsWith('fping_')) return 'driver';
  return error === 'not_reported' ? error : 'probe';
}

/** The state with one more result counted. */
function count(state: DeviceState, failed: boolean, at: number, { flapLow, flapHigh }: StateProfile): DeviceState {
  const history = appendResult(state, failed);
  const goesOn = failed ? state.fails > 0 : state.oks > 0;
  return {
    ...state,
    ...history,
    flapping: isFlapping(history, state.flapping, { low: flapLow, high: flapHigh }),
    fails: failed ? state.fails + 1 : 0,
    oks: failed ? 0 : state.oks + 1,
    pendingSince: (goesOn ? state.pendingSince : null) ?? at,
  };
}

/** What the counted state comes to. */
function verdict(state: DeviceState, seen: Observation, profile: StateProfile, context: TransitionContext): Step {
  const { at, error: detail } = seen;
  const began = state.pendingSince ?? at;
  const returns = (known: 'up' | 'down') => state.state === 'unknown' && state.lastKnownState === known;
  if (seen.outcome === 'ok') {
    if (state.state === 'up' || returns('up')) return { to: 'up', at, cause: 'probe' };
    if (state.oks >= profile.upAfter) return { to: 'up', at: began, cause: 'probe' };
    return stay(state, at);
  }
  if (context.parentBlocked && isBlocking(state.state)) {
    return { to: 'unreachable', at: context.parentSince ?? at, cause: 'parent', detail };
  }
  const isDown = state.state === 'down' || returns('down');
  if (!isDown && state.fails < profile.downAfter) return stay(state, at);
  const to = { at: isDown ? at : began, detail };
  return context.parentBlocked ? { ...to, to: 'unreachable', cause: 'parent' } : { ...to, to: 'down', cause: 'probe' };
}

function stay({ state, cause }: DeviceState, at: number): Step {
  // What it was unknown or unreachable for is over; now it is so because too few results have been seen.
  return { to: state, at, cause: state === 'up' || state === 'down' ? cause : 'probe' };
}
