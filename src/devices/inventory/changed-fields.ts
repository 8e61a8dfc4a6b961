import { isDeepStrictEqual } from 'node:util';

/** What differs between two states of an object, for the audit log; `updated_at` always does and is left out. */
export function changedFields<T extends object>(before: T, after: T): { before: Partial<T>; after: Partial<T> } {
  const keys = (Object.keys(after) as (keyof T)[]).filter(
    (key) => key !== 'updated_at' && !isDeepStrictEqual(before[key], after[key]),
  );
  const pick = (from: T): Partial<T> => Object.fromEntries(keys.map((key) => [key, from[key]])) as Partial<T>;
  return { before: pick(before), after: pick(after) };
}
