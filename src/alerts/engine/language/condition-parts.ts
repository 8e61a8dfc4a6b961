import type { Comparison, Condition } from '../condition.js';
import type { ConditionPath } from './condition-problem.js';

/** The comparisons of a condition with where they are in it, in the order of its text. */
export function comparisonsOf(
  condition: Condition,
  path: ConditionPath = [],
): { comparison: Comparison; path: ConditionPath }[] {
  if ('metric' in condition) return [{ comparison: condition, path }];
  if ('not' in condition) return comparisonsOf(condition.not, [...path, 'not']);
  const [key, parts] = 'all' in condition ? (['all', condition.all] as const) : (['any', condition.any] as const);
  return parts.flatMap((part, index) => comparisonsOf(part, [...path, key, index]));
}

/** 1 of a single comparison. */
export function depthOf(condition: Condition): number {
  if ('metric' in condition) return 1;
  if ('not' in condition) return 1 + depthOf(condition.not);
  const parts = 'all' in condition ? condition.all : condition.any;
  return 1 + Math.max(...parts.map(depthOf));
}
