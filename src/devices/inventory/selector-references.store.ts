import type { EntityManager } from 'typeorm';
import type { InvalidValue } from '../../platform/http/problem.js';
import type { Selector } from '../selector.js';

const TABLES = { sites: 'site', groups: 'group', profiles: 'profile' } as const;
const KINDS = Object.keys(TABLES) as (keyof typeof TABLES)[];
const MAX_NAMED = 20;

/**
 * The sites, groups and profiles that a selector names and that there are not: a mistyped one would mean no device, and nobody would be
 * told. One statement.
 * @param path of the selector in the request
 */
export async function unknownReferences(
  manager: EntityManager,
  selector: Selector,
  path: string,
): Promise<InvalidValue[]> {
  const named = KINDS.filter((kind) => selector[kind]);
  if (named.length === 0) return [];
  const parts = named.map(
    (kind, index) =>
      `SELECT '${kind}' AS kind, w.word, w.place::int - 1 AS place FROM unnest($${index + 1}::text[]) WITH ORDINALITY w (word, place)
        WHERE NOT EXISTS (SELECT FROM ${kind} t WHERE t.name = w.word OR t.id::text = lower(w.word))`,
  );
  const missing = await manager.query<{ kind: keyof typeof TABLES; word: string; place: number }[]>(
    `${parts.join(' UNION ALL ')} ORDER BY kind, place LIMIT ${MAX_NAMED}`,
    named.map((kind) => selector[kind]),
  );
  return missing.map(({ kind, word, place }) => ({
    path: `${path}.${kind}.${place}`,
    message: `There is no ${TABLES[kind]} "${word}".`,
  }));
}
