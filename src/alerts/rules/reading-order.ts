import type { Condition } from '../engine/condition.js';

const KEYS = ['metric', 'agg', 'window_seconds', 'op', 'value'];

/** A condition as people write one: PostgreSQL gives the keys of jsonb back by their lengths. What is no condition stays what it is. */
export function inReadingOrder(condition: Condition): Condition {
  return ordered(condition) as Condition;
}

function ordered(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(ordered);
  if (typeof part !== 'object' || part === null) return part;
  const entries = Object.entries(part).map(([key, value]) => [key, ordered(value)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => placeOf(a) - placeOf(b)));
}

function placeOf(key: string): number {
  const place = KEYS.indexOf(key);
  return place === -1 ? KEYS.length : place;
}
