import { createHash } from 'node:crypto';
import { ProblemException } from './problem.js';
import { isStorable } from './storable-text.js';
import type { ListQuery } from './list-query.js';

/** A value a list is sorted by. Null sorts last. */
export type SortValue = string | number | boolean | null;

/** Where a page ended: the sort value and the id of its last item. */
export interface Position {
  value: SortValue;
  id: string;
}

const VERSION = 1;

/** An opaque cursor, bound to the list it came from, its sort order and its filters. */
export function encodeCursor(query: ListQuery, { value, id }: Position): string {
  return Buffer.from(JSON.stringify([VERSION, fingerprint(query), value, id])).toString('base64url');
}

/**
 * @returns undefined when the query has no cursor
 * @throws ProblemException `invalid_cursor` when it is broken or belongs to another list
 */
export function decodeCursor(query: ListQuery): Position | undefined {
  if (query.cursor === undefined) return undefined;
  const [version, owner, value, id] = parts(query.cursor);
  if (version !== VERSION || owner !== fingerprint(query) || typeof id !== 'string' || !isSortValue(value)) {
    throw new ProblemException('invalid_cursor');
  }
  return { value, id };
}

function parts(cursor: string): unknown[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(decoded) ? decoded : [];
  } catch {
    return [];
  }
}

function isSortValue(value: unknown): value is SortValue {
  if (typeof value === 'string') return isStorable(value);
  return value === null || ['number', 'boolean'].includes(typeof value);
}

function fingerprint({ list, sort, q, filters }: ListQuery): string {
  const text = JSON.stringify([list, sort.key, sort.descending, q, filters]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}
