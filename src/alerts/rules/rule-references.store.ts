import type { EntityManager } from 'typeorm';
import { isUuid } from '../../devices/inventory/uuid.js';
import { FoundReferences, REFERENCE_KINDS, type ReferenceKind, type Words } from './rule-references.js';

/** Looks up what any number of scopes refer to. One statement, none when they refer to nothing. */
export async function findReferences(manager: EntityManager, words: Words): Promise<FoundReferences> {
  const kinds = REFERENCE_KINDS.filter((kind) => words[kind].size > 0);
  if (kinds.length === 0) return new FoundReferences([]);
  const values: unknown[] = [];
  const parts = kinds.map((kind) => {
    const all = [...words[kind]];
    const ids = values.push(all.filter(isUuid));
    const names = values.push(all.filter((word) => kind !== 'devices' || !isUuid(word)));
    return (
      `SELECT '${kind}' AS kind, id, name, 1 AS matches FROM ${kind} WHERE id = ANY ($${ids}::uuid[]) UNION ALL ` +
      `SELECT '${kind}', (array_agg(id))[1], name, count(*)::int FROM ${kind} WHERE name = ANY ($${names}::text[]) GROUP BY name`
    );
  });
  const rows = await manager.query<{ kind: ReferenceKind; id: string; name: string; matches: number }[]>(
    parts.join(' UNION ALL '),
    values,
  );
  return new FoundReferences(rows);
}

/** Those of these names that no monitoring item has, in their order. */
export async function missingItems(manager: EntityManager, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const rows = await manager.query<{ name: string }[]>(
    `SELECT n.name FROM unnest($1::text[]) WITH ORDINALITY AS n (name, place)
     WHERE NOT EXISTS (SELECT FROM monitoring_items i WHERE i.name = n.name) ORDER BY n.place`,
    [names],
  );
  return rows.map(({ name }) => name);
}
