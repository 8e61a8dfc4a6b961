import { createHash } from 'node:crypto';
import type { ListQuery } from '../../platform/http/list-query.js';

/** Tells pages of one list apart in the cache, however long the query is. */
export function listKey(prefix: string, query: ListQuery): string {
  return `${prefix}:${createHash('sha256').update(JSON.stringify(query)).digest('base64url')}`;
}
