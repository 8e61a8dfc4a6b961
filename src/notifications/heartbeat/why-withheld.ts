import type { Ages } from './watchdog-beats.store.js';

/** Both halves work at least this often, whatever happens. */
const LEAST_LIMIT_MS = 45_000;

/** How long ago the last work of a half may be, ms. Rules may be evaluated more rarely than every half minute. */
function ageLimitMs(evaluationSeconds: number): number {
  return Math.max(LEAST_LIMIT_MS, evaluationSeconds * 1_500);
}

/** Why the heartbeat must not be sent, in words; null when alerting works. */
export function whyWithheld({ evaluator, dispatcher }: Ages, evaluationSeconds: number): string | null {
  if (isOld(evaluator, ageLimitMs(evaluationSeconds))) return `no rule was evaluated ${since(evaluator)}`;
  if (isOld(dispatcher, LEAST_LIMIT_MS)) return `the dispatcher has not looked for notices ${since(dispatcher)}`;
  return null;
}

const isOld = (age: number | null, limitMs: number): boolean => age === null || age >= limitMs;

const since = (age: number | null): string => (age === null ? 'yet' : `for ${Math.round(age / 1_000)} s`);
