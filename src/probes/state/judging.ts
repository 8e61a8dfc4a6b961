import type { DeviceState, DeviceStateName, StateCause, StateEvent } from './device-state.js';

/** The maintenance that a device is in now; instants in ms. */
export interface OngoingMaintenance {
  since: number;
  until: number;
  /** It does not count as downtime. */
  excused: boolean;
}

export type StateChange = Omit<StateEvent, 'deviceNum'>;

export interface Transition {
  state: DeviceState;
  /** In order; `at` never goes back, nor before the latest event of the state that came in. */
  events: StateChange[];
}

/** What a device's state comes to. */
export interface Step {
  to: DeviceStateName;
  /** When it came to be so. */
  at: number;
  cause: StateCause;
  detail?: string | null;
  blind?: boolean;
}

/** Whether a device in this state explains that those behind it do not answer. */
export function isBlocking(state: DeviceStateName | null): boolean {
  return state === 'down' || state === 'unreachable';
}

/** The same of one that nothing is known of now: an outage that began before may not be over. */
export function isHeldDown({ state, downSince }: { state: DeviceStateName | null; downSince: number | null }): boolean {
  return isBlocking(state) || (state === 'unknown' && downSince !== null);
}

/** A state on its way, and the events of that way. */
export class Judging {
  readonly events: StateChange[] = [];
  state: DeviceState;
  private isNew: boolean;

  constructor(state: DeviceState | null, at: number) {
    this.isNew = state === null;
    this.state = state ?? neverKnown(at);
  }

  /** The flags of maintenance, changed at the very boundaries of its windows. */
  keepMaintenance(now: OngoingMaintenance | null, at: number): void {
    const { inMaintenance, maintenanceUntil } = this.state;
    // A later window may have begun since the one before was seen: both boundaries are told.
    const isOver = !now || (maintenanceUntil !== null && now.since > maintenanceUntil);
    if (inMaintenance && isOver) {
      // Ended early by who plans it, its end is when that was seen.
      const ended = maintenanceUntil !== null && maintenanceUntil <= at ? maintenanceUntil : at;
      this.flag({ inMaintenance: false, excused: false }, ended);
    }
    if (now && !this.state.inMaintenance) {
      // A device may enter the scope of a window that has long begun: until its last probe it was in none.
      const began = Math.max(now.since, this.state.lastAt ?? at);
      this.flag({ inMaintenance: true, excused: now.excused }, Math.min(began, at));
    } else if (now && this.state.excused !== now.excused) {
      this.flag({ excused: now.excused }, at);
    }
    this.state = { ...this.state, maintenanceUntil: now?.until ?? null };
  }

  /** Takes the step, with an event when it changes the state or what it means. */
  step({ to, at, cause, detail = null, blind = this.state.blind }: Step): void {
    const before = this.state;
    const isDisabled = cause === 'disabled' && before.cause !== 'disabled';
    if (before.state === to && before.blind === blind && !isDisabled) {
      this.state = settled({ ...before, cause });
      return;
    }
    this.state = { ...before, cause, blind };
    const eventAt = this.tell(to, at, cause, detail);
    if (before.state !== to) this.state = { ...this.state, since: eventAt };
    const isKnown = to === 'up' || to === 'down';
    this.state = settled({
      ...this.state,
      state: to,
      lastKnownState: isKnown ? to : before.lastKnownState,
      downSince: to === 'up' ? null : isBlocking(to) ? (before.downSince ?? eventAt) : before.downSince,
    });
  }

  done(): Transition {
    return { state: this.state, events: this.events };
  }

  private flag(flags: Partial<DeviceState>, at: number): void {
    this.state = { ...this.state, ...flags };
    this.tell(this.state.state, at, 'maintenance', null);
  }

  private tell(to: DeviceStateName, wantedAt: number, cause: StateCause, detail: string | null): number {
    const { state, inMaintenance, excused, blind, eventAt } = this.state;
    const at = Math.max(wantedAt, eventAt ?? wantedAt);
    this.events.push({ at, from: this.isNew ? null : state, to, inMaintenance, excused, blind, cause, detail });
    this.isNew = false;
    this.state = { ...this.state, eventAt: at };
    return at;
  }
}

/** Results that agree with the state are not pending; a state without disagreeing ones is hard. */
function settled(state: DeviceState): DeviceState {
  const agrees = state.fails > 0 ? isBlocking(state.state) : state.state === 'up';
  const pendingSince = agrees && !awaitsParent(state) ? null : state.pendingSince;
  return { ...state, pendingSince, hard: pendingSince === null };
}

/** Unreachable no more by its parent's fault, but not failing for long enough to be down either. */
function awaitsParent({ state, cause }: DeviceState): boolean {
  return state === 'unreachable' && cause !== 'parent';
}

/**
 * The same, when the clock was ahead for a while: what was dated after now is dated now, or everything else would wait for that time.
 * A little ahead is how clocks of workers differ.
 */
export function notAhead(state: DeviceState, { at, intervalMs }: { at: number; intervalMs: number }): DeviceState {
  const { eventAt, since, downSince, pendingSince, lastAt } = state;
  const latest = Math.max(eventAt ?? at, since, downSince ?? at, pendingSince ?? at, lastAt ?? at);
  if (latest <= at + intervalMs) return state;
  const clamp = <T extends number | null>(time: T) => (time === null ? time : (Math.min(time, at) as T));
  return {
    ...state,
    eventAt: clamp(eventAt),
    since: clamp(since),
    downSince: clamp(downSince),
    pendingSince: clamp(pendingSince),
    lastAt: clamp(lastAt),
  };
}

/** Before the first result. */
export function neverKnown(at: number): DeviceState {
  return {
    state: 'unknown',
    lastKnownState: null,
    hard: true,
    fails: 0,
    oks: 0,
    pendingSince: null,
    since: at,
    eventAt: null,
    downSince: null,
    cause: 'probe',
    lastAt: null,
    freshUntil: null,
    inMaintenance: false,
    maintenanceUntil: null,
    excused: false,
    blind: false,
    flapping: false,
    history: 0,
    historyLength: 0,
  };
}
