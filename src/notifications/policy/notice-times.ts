import type { Severity } from '../../alerts/severity.js';
import { type QuietHours, quietUntil } from './quiet-hours.js';
import type { Route } from './route.js';

/** A critical notice waits no longer for others: detection must not stack waits. */
const CRITICAL_WAIT_SECONDS = 5;

/** When a notice goes out. */
export interface NoticeTime {
  /** ms since the epoch. */
  at: number;
  /** Quiet hours hold it back. */
  held: boolean;
}

/**
 * When the notice of an alert goes out at the earliest.
 * @param happenedAt ms since the epoch; what was taken late does not wait again
 * @param waitSeconds as the setting says
 */
export function noticeTime(
  kind: string,
  severity: Severity,
  route: Route | null,
  { happenedAt, now, waitSeconds }: { happenedAt: number; now: number; waitSeconds: number },
): NoticeTime {
  const wait = groupWaitMs(severity, route?.groupWaitSeconds ?? waitSeconds);
  // A clock that was set back must not hold it longer than the wait.
  const at = Math.max(now, Math.min(happenedAt, now) + wait);
  // Who was told that it fires waits for the end of it; that may come at any hour.
  if (kind === 'resolved') return { at, held: false };
  const until = quietTime(route?.quietHours ?? null, severity, at);
  return until === null ? { at, held: false } : { at: until, held: true };
}

/** When the quiet hours end that keep this severity back at a moment; null when nothing does. */
export function quietTime(quiet: QuietHours | null, severity: Severity, at: number): number | null {
  return quiet && !quiet.except.includes(severity) ? quietUntil(quiet, at) : null;
}

function groupWaitMs(severity: Severity, seconds: number): number {
  return (severity === 'critical' ? Math.min(seconds, CRITICAL_WAIT_SECONDS) : seconds) * 1_000;
}
