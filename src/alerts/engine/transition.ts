import type { Acknowledgement, AlertEventKind, OpenAlert, OutboxKind, Resolution, Suppression } from './alert.js';

/** The timers of a rule, in seconds. */
export interface Timers {
  forSeconds: number;
  recoveryForSeconds: number;
  keepFiringSeconds: number;
}

/** What is true of one alert at one moment. */
export interface Moment {
  /** Ms since the epoch. */
  now: number;
  /** The condition, after what the rule says of unknown values; null: it is not known, and all stays as it is. */
  holds: boolean | null;
  /** The recovery; without one of its own it is that the condition does not hold. Asked only while that does not hold. Null: as above. */
  recovered: boolean | null;
  suppression: Suppression | null;
  /** Of an alert before of the same rule and target that is in force still; taken over when it fires. */
  inheritedAck?: Acknowledgement | null;
}

interface TransitionEvent {
  kind: AlertEventKind;
  actor: string | null;
  detail: Record<string, unknown> | null;
}

export interface AlertStep {
  /** Null: nothing is open any more. */
  state: OpenAlert | null;
  /** The state that it ended in; given with `resolution`. */
  last: OpenAlert | null;
  /** Why it ended; null for a pending one, that leaves no trace. */
  resolution: Resolution | null;
  events: TransitionEvent[];
  outbox: OutboxKind | null;
  /** When a timer ripens if all stays as it is. */
  dueAt: number | null;
}

const SECOND = 1_000;

/**
 * One step of an alert: inactive → pending → firing → resolved. Everything it knows is in {@link OpenAlert}, so that a restart
 * between two steps changes nothing. A clock that was set back only makes timers begin anew from now.
 *
 * @param alert null: nothing is open
 */
export function transition(alert: OpenAlert | null, timers: Timers, moment: Moment): AlertStep {
  const { now } = moment;
  if (!alert && moment.holds !== true) return nothing();
  const state = alert ? clamp(alert, now) : opening(now);
  const events: TransitionEvent[] = [];
  return state.state === 'pending'
    ? stepPending(state, timers, moment, events)
    : stepFiring({ ...state, ...advanceRecovery(state, moment) }, timers, moment, events);
}

/** It ends for a reason outside its condition: its rule or its target is gone. Ended is told like any other end. */
export function end(alert: OpenAlert, resolution: Resolution, now: number): AlertStep {
  const state = clamp(alert, now);
  return state.state === 'pending' ? nothing() : resolve(state, resolution, []);
}

function nothing(): AlertStep {
  return { state: null, last: null, resolution: null, events: [], outbox: null, dueAt: null };
}

function opening(now: number): OpenAlert {
  return {
    state: 'pending',
    pendingSince: now,
    firedAt: null,
    clearSince: null,
    recoveringSince: null,
    ack: null,
    suppression: null,
    announcedAt: null,
    evaluatedAt: now,
  };
}

function stepPending(pending: OpenAlert, timers: Timers, moment: Moment, events: TransitionEvent[]): AlertStep {
  const { now, holds, suppression } = moment;
  if (holds === false) return nothing();
  const state = { ...pending, suppression };
  const ripeAt = state.pendingSince + timers.forSeconds * SECOND;
  if (holds === null || isHeldBack(suppression)) return stay(state, events, null, null);
  if (now < ripeAt) return stay(state, events, null, ripeAt);
  const ack = moment.inheritedAck ?? null;
  events.push(event('fired'));
  if (ack) events.push({ kind: 'acknowledged', actor: ack.by, detail: { inherited: true } });
  if (suppression) events.push(suppressed(suppression));
  return tell({ ...state, state: 'firing', firedAt: now, ack }, timers, moment, events);
}

function stepFiring(firing: OpenAlert, timers: Timers, moment: Moment, events: TransitionEvent[]): AlertStep {
  const { now } = moment;
  let state = firing;
  if (state.clearSince !== null && moment.holds === false && recoveredAt(state, timers) <= now && moment.recovered) {
    return resolve(state, 'recovered', events);
  }
  const wasTold = state.announcedAt !== null;
  let again: OutboxKind | null = null;
  if (!isSameSuppression(state.suppression, moment.suppression)) {
    events.push(
      moment.suppression
        ? suppressed(moment.suppression)
        : { ...event('unsuppressed'), detail: { by: state.suppression?.by } },
    );
    // Not all who are to know may have heard before it began; who has is told nothing new.
    if (wasTold && !moment.suppression && !state.ack) again = 'firing';
    state = { ...state, suppression: moment.suppression };
  }
  // One that runs out meanwhile ends with what holds the notices back, or nobody would be reminded.
  if (state.ack?.until != null && state.ack.until <= now && state.suppression === null) {
    events.push({ kind: 'ack_expired', actor: null, detail: { by: state.ack.by } });
    state = { ...state, ack: null };
    if (wasTold) again = 'reminder';
  }
  const step = tell(state, timers, moment, events);
  return again ? { ...step, outbox: again } : step;
}

/** Gives the opening to the outbox unless that was done, somebody knows already or it is suppressed. */
function tell(state: OpenAlert, timers: Timers, moment: Moment, events: TransitionEvent[]): AlertStep {
  const isDue = state.announcedAt === null && state.suppression === null && state.ack === null;
  const told = isDue ? { ...state, announcedAt: moment.now } : state;
  return stay(told, events, isDue ? 'firing' : null, nextDue(told, timers, moment));
}

/** What the moment makes of the time that the condition has not held, and that the recovery has. */
function advanceRecovery({ clearSince, recoveringSince }: OpenAlert, { now, holds, recovered }: Moment) {
  if (holds === null) return { clearSince, recoveringSince };
  if (holds) return { clearSince: null, recoveringSince: null };
  const recovering = recovered === null ? recoveringSince : recovered ? (recoveringSince ?? now) : null;
  return { clearSince: clearSince ?? now, recoveringSince: recovering };
}

function recoveredAt(state: OpenAlert, { recoveryForSeconds, keepFiringSeconds }: Timers): number {
  if (state.clearSince === null || state.recoveringSince === null) return Infinity;
  return Math.max(state.recoveringSince + recoveryForSeconds * SECOND, state.clearSince + keepFiringSeconds * SECOND);
}

function nextDue(state: OpenAlert, timers: Timers, { holds, recovered }: Moment): number | null {
  const recovery = holds === false && recovered ? recoveredAt(state, timers) : Infinity;
  const due = Math.min(recovery, (state.suppression === null && state.ack?.until) || Infinity);
  return due === Infinity ? null : due;
}

function resolve(last: OpenAlert, resolution: Resolution, events: TransitionEvent[]): AlertStep {
  events.push({ kind: 'resolved', actor: null, detail: { resolution } });
  const outbox = last.announcedAt === null ? null : 'resolved';
  return { state: null, last, resolution, events, outbox, dueAt: null };
}

function stay(state: OpenAlert, events: TransitionEvent[], outbox: OutboxKind | null, dueAt: number | null): AlertStep {
  return { state, last: null, resolution: null, events, outbox, dueAt };
}

/** A silenced one opens, it is only not told. */
function isHeldBack(suppression: Suppression | null): boolean {
  return suppression !== null && suppression.by !== 'silence';
}

function isSameSuppression(one: Suppression | null, other: Suppression | null): boolean {
  return one?.by === other?.by && (one?.id ?? null) === (other?.id ?? null);
}

function event(kind: AlertEventKind): TransitionEvent {
  return { kind, actor: null, detail: null };
}

function suppressed({ by, id }: Suppression): TransitionEvent {
  return { kind: 'suppressed', actor: null, detail: { by, ...(id !== null && { id }) } };
}

/** Nothing has happened in the future: what seems to is from before the clock was set back, and counts from now. */
function clamp(alert: OpenAlert, now: number): OpenAlert {
  const past = (at: number | null) => (at === null ? null : Math.min(at, now));
  // Named one by one: what is stored has many more fields, and there may be thousands of alerts.
  return {
    state: alert.state,
    pendingSince: Math.min(alert.pendingSince, now),
    firedAt: past(alert.firedAt),
    clearSince: past(alert.clearSince),
    recoveringSince: past(alert.recoveringSince),
    ack: alert.ack,
    suppression: alert.suppression,
    announcedAt: past(alert.announcedAt),
    evaluatedAt: Math.min(alert.evaluatedAt, now),
  };
}

const DAY_MS = 86_400_000;

/**
 * What of an acknowledgement is left for the same alert when it opens again: a sticky one holds until its end, or for a day after
 * the alert that it was given to has ended.
 */
export function inheritedAck(ack: Acknowledgement, resolvedAt: number, now: number): Acknowledgement | null {
  const until = ack.until ?? Math.min(resolvedAt, now) + DAY_MS;
  return ack.sticky && until > now ? { ...ack, until } : null;
}
