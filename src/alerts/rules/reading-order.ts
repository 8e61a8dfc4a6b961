import type { Condition } from '../engine/condition.js';

const KEYS = ['metric', 'agg', 'window_seconds', 'op', 'value'];

/** Far deeper than any condition. */
const MAX_DEPTH = 64;

/** A condition as people write one: PostgreSQL gives the keys of jsonb back by their lengths. What is no condition stays what it is, down to a depth. */
export function inReadingOrder(condition: Condition): Condition {
  return ordered(condition) as Condition;
}

function ordered(part: unknown, depth = 0): unknown {
  if (typeof part !== 'object' || part === null) return part;
  if (depth === MAX_DEPTH) return null;
  if (Array.isArray(part)) return part.map((each) => ordered(each, depth + 1));
  const entries = Object.entries(part).map(([key, value]) => [key, ordered(value, depth + 1)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => placeOf(a) - placeOf(b)));
}

function placeOf(key: string): number {
  const place = KEYS.indexOf(key);
  return place === -1 ? KEYS.length : place;
}
