import type { Condition } from './condition.js';

const DOWN = /\.down_seconds$/;

/**
 * What ends an alert of a rule that says nothing of it, besides that its condition does not hold: one about how long something is down
 * ends with its coming back. A clock that is set back makes an outage shorter, but ends none.
 * @returns null: nothing besides
 */
export function impliedRecovery(condition: Condition): Condition | null {
  if (!('metric' in condition) || !DOWN.test(condition.metric) || (condition.agg ?? 'last') !== 'last') return null;
  const { metric, op } = condition;
  return op === '>' || op === '>=' ? { metric, op: '==', value: 0 } : null;
}
