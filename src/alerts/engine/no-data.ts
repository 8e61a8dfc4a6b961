import type { Verdict } from './condition.js';
import type { NoDataPolicy } from './rule.js';

/** Whether a condition holds, for a rule that says what unknown means. Null: all stays as it is. */
export function holdsBy(policy: NoDataPolicy, verdict: Verdict): boolean | null {
  if (verdict !== null || policy === 'keep') return verdict;
  return policy === 'alert';
}

/** Whether a recovery does: unknown is fine under `ok`, and never under `alert`. */
export function recoversBy(policy: NoDataPolicy, verdict: Verdict): boolean | null {
  if (verdict !== null || policy === 'keep') return verdict;
  return policy === 'ok';
}
