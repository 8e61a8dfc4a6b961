import { comparisonsOf } from './language/condition-parts.js';
import { type ColumnOf, signalOf } from './language/compile-condition.js';
import type { Condition } from './condition.js';

/**
 * Metrics that grow by one each second until something happens. Not those of the installation itself: they are sampled, and stand still
 * until they are sampled again.
 */
const GROWS = /^(?!self\.)(.*[._])?(down|no_data|age)_seconds$/;

/**
 * When the next of some rows crosses a threshold on a time, such as `icmp.down_seconds >= 60`, so that nobody has to wait for a tick.
 * @returns ms from now; Infinity: none does
 */
export function nextCrossing(condition: Condition, columnOf: ColumnOf, rows: Iterable<number>): number {
  let soonest = Infinity;
  const growing = comparisonsOf(condition).filter(
    ({ comparison: { metric, agg = 'last', op } }) =>
      agg === 'last' && (op === '>' || op === '>=') && GROWS.test(metric),
  );
  if (growing.length === 0) return soonest;
  for (const { comparison } of growing) {
    const column = columnOf(signalOf(comparison));
    const beyond = comparison.op === '>' ? 1 : 0;
    for (const row of rows) {
      const left = comparison.value - column[row]!;
      // At 0 nothing has begun: most are up.
      if (left < comparison.value && left + beyond > 0 && left >= 0) soonest = Math.min(soonest, left * 1_000 + beyond);
    }
  }
  return soonest;
}
