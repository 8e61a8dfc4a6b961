import type { Condition } from '../condition.js';

/** All of them hold; parts that are `all` themselves are taken in. */
export function allOf(parts: readonly Condition[]): Condition {
  const flat = parts.flatMap((part) => ('all' in part ? part.all : [part]));
  return flat.length === 1 ? flat[0]! : { all: flat };
}

/** At least one holds; parts that are `any` themselves are taken in. */
export function anyOf(parts: readonly Condition[]): Condition {
  const flat = parts.flatMap((part) => ('any' in part ? part.any : [part]));
  return flat.length === 1 ? flat[0]! : { any: flat };
}

/** It does not hold. Twice is not at all: so it is in three-valued logic too. */
export function notOf(part: Condition): Condition {
  return 'not' in part ? part.not : { not: part };
}

/**
 * The one form of conditions that mean the same by their shape: nothing nested that needs not be, `last` left out. What a text
 * is parsed to.
 */
export function normaliseCondition(condition: Condition): Condition {
  if ('all' in condition) return allOf(condition.all.map(normaliseCondition));
  if ('any' in condition) return anyOf(condition.any.map(normaliseCondition));
  if ('not' in condition) return notOf(normaliseCondition(condition.not));
  const { metric, agg, window_seconds, op, value } = condition;
  return {
    metric,
    ...(agg !== undefined && agg !== 'last' && { agg }),
    ...(window_seconds !== undefined && { window_seconds }),
    op,
    // There is no negative zero in JSON.
    value: value === 0 ? 0 : value,
  };
}
