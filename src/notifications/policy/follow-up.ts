import type { AlertFacts } from '../../alerts/outbox/alert-facts.js';
import { quietTime } from './notice-times.js';
import type { Route } from './route.js';

/** When an alert is told of again, and when to others. ms since the epoch. */
export interface FollowUp {
  remindAt: number | null;
  escalateAt: number | null;
}
const MINUTE_MS = 60_000;
/** How soon something that is kept back is looked at again. */
const LOOK_AGAIN_MS = MINUTE_MS;

/**
 * After an alert was told; null when its route asks for nothing of the kind.
 * @param isEscalated it was escalated before: that is done once
 */
export function firstFollowUp(route: Route | null, now: number, isEscalated = false): FollowUp | null {
  const remindAt = later(now, route?.remindEveryMinutes);
  const escalates = route && route.escalateChannelIds.length > 0 && !isEscalated;
  const escalateAt = escalates ? later(now, route.escalateAfterMinutes) : null;
  return remindAt === null && escalateAt === null ? null : { remindAt, escalateAt };
}

/** What is to be done with one that is due. */
interface FollowUpVerdict {
  remind: boolean;
  escalate: boolean;
  /** When next; null: never again. */
  next: FollowUp | null;
}

/**
 * @param due what was planned
 * @param route as it is now
 */
export function judgeFollowUp(alert: AlertFacts, due: FollowUp, route: Route | null, now: number): FollowUpVerdict {
  if (alert.state !== 'firing') return { remind: false, escalate: false, next: null };
  const isDue = (at: number | null): at is number => at !== null && at <= now;
  const every = route?.remindEveryMinutes ?? null;
  const next: FollowUp = { remindAt: due.remindAt, escalateAt: due.escalateAt };
  // Whoever has it in hand is left alone; what ended that is told by itself.
  if (alert.acknowledged || alert.suppressed) {
    if (isDue(due.remindAt)) next.remindAt = later(now, every);
    if (isDue(due.escalateAt)) next.escalateAt = now + LOOK_AGAIN_MS;
    return { remind: false, escalate: false, next: orNull(next) };
  }
  const quiet = quietTime(route?.quietHours ?? null, alert.severity, now);
  if (quiet !== null) {
    if (isDue(due.remindAt)) next.remindAt = quiet;
    if (isDue(due.escalateAt)) next.escalateAt = quiet;
    return { remind: false, escalate: false, next: orNull(next) };
  }
  const escalate = isDue(due.escalateAt);
  const remind = isDue(due.remindAt) && every !== null;
  if (isDue(due.remindAt)) next.remindAt = later(now, every);
  if (escalate) next.escalateAt = null;
  return { remind, escalate, next: orNull(next) };
}

function later(now: number, minutes: number | null | undefined): number | null {
  return minutes ? now + minutes * MINUTE_MS : null;
}

function orNull(next: FollowUp): FollowUp | null {
  return next.remindAt === null && next.escalateAt === null ? null : next;
}
