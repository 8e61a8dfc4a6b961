import type { EntityManager } from 'typeorm';
import { ProblemException } from '../../platform/http/problem.js';
import type { Selector } from '../selector.js';
import { type BulkDeletion, type BulkPatch, type BulkResult } from './bulk.dto.js';
import type { ReferenceIds } from './references.store.js';
import { numbered, selectorCondition } from './selector-sql.js';

/** As many devices are read back, for the answer and the audit log; the number and the ids of all are. */
const MAX_READ = 1_000;

type Difference = BulkResult['devices'][number];
interface Patched {
  matched: number;
  changed: number;
  /** The first of those that changed, by name. */
  differences: Difference[];
  /** All that changed. */
  ids: string[] | null;
}

const NEEDS = (row: string) =>
  `((${row}.check_kind = 'tcp' AND ${row}.port IS NULL) OR (${row}.check_kind = 'http' AND ${row}.url IS NULL))`;
const KEYS = (row: string) => `(SELECT count(*) FROM jsonb_object_keys(${row}.custom_fields))`;
const LENGTH = (row: string) => `octet_length(${row}.custom_fields::text)`;
/**
 * Devices that the patch (`o` before, `d` after it) would leave without what their kind of check needs, or with too much. What was so
 * before is no fault of the patch.
 */
const FAULTY = `(${NEEDS('d')} AND NOT ${NEEDS('o')}) OR cardinality(d.tags) > greatest(50, cardinality(o.tags))
  OR ${KEYS('d')} > greatest(100, ${KEYS('o')}) OR ${LENGTH('d')} > greatest(20000, ${LENGTH('o')})`;
/** The columns that tell. */
const JUDGED = ['check_kind', 'port', 'url', 'tags', 'custom_fields'];

/**
 * Changes all devices of a selector in one statement. Rows that already are as wanted are left alone.
 * @throws ProblemException `validation_failed` when some would not be valid afterwards
 */
export async function patchDevices(
  manager: EntityManager,
  selector: Selector,
  patch: BulkPatch,
  ids: ReferenceIds,
): Promise<Patched> {
  const chosen = numbered(selectorCondition(selector));
  const values = [...chosen.values];
  const columns = assignments(patch, ids, (value) => `$${values.push(value)}`);
  const names = columns.map(({ column }) => column);
  const shown = (alias: string) =>
    `jsonb_build_object(${names.map((name) => `'${name}', ${alias}.${name}`).join(', ')})`;
  const [outcome] = await manager.query<[Patched & { faulty: string[] | null }]>(
    `WITH chosen AS MATERIALIZED (SELECT d.id, ${[...new Set([...names, ...JUDGED])].map((name) => `d.${name}`).join(', ')} FROM devices d WHERE ${chosen.text} FOR UPDATE),
     changed AS (
       UPDATE devices d SET ${columns.map(({ column, sql }) => `${column} = ${sql}`).join(', ')}, updated_at = clock_timestamp()
       FROM chosen o WHERE o.id = d.id
         AND (${columns.map(({ column, sql }) => `o.${column} IS DISTINCT FROM ${sql}`).join(' OR ')})
       RETURNING d.id, d.name, ${shown('o')} AS before, ${shown('d')} AS after, ${FAULTY} AS faulty)
     SELECT (SELECT count(*)::int FROM chosen) AS matched, (SELECT count(*)::int FROM changed) AS changed,
            coalesce((SELECT jsonb_agg(f) FROM (SELECT id, name, before, after FROM changed ORDER BY name, id LIMIT ${MAX_READ}) f), '[]') AS differences,
            (SELECT array_agg(id) FROM changed) AS ids,
            (SELECT array_agg(name) FROM (SELECT name FROM changed WHERE faulty ORDER BY name LIMIT 5) f) AS faulty`,
    values,
  );
  const { faulty, ...result } = outcome;
  if (faulty) throw faultyDevices(faulty);
  return { ...result, differences: result.differences.map(onlyDifferences) };
}

/** Removes all devices of a selector; children that stay lose their parent. Two statements. @returns the first of them, by name */
export async function deleteDevices(
  manager: EntityManager,
  selector: Selector,
): Promise<Omit<BulkDeletion, 'dry_run'>> {
  const { text, values } = numbered(selectorCondition(selector));
  await manager.query(
    `UPDATE devices SET parent_id = NULL, updated_at = clock_timestamp() WHERE parent_id IN (SELECT d.id FROM devices d WHERE ${text})`,
    values,
  );
  const [outcome] = await manager.query<[Omit<BulkDeletion, 'dry_run'>]>(
    `WITH gone AS (DELETE FROM devices d WHERE ${text} RETURNING d.id, d.name, d.ip)
     SELECT (SELECT count(*)::int FROM gone) AS deleted,
            coalesce((SELECT jsonb_agg(f) FROM (SELECT id, name, ip FROM gone ORDER BY name, id LIMIT ${MAX_READ}) f), '[]') AS devices`,
    values,
  );
  return outcome;
}

interface Assignment {
  column: string;
  /** Of the new value; `o` is the row as it was. */
  sql: string;
}

const TYPES: Record<string, string> = {
  enabled: 'boolean',
  refused_is_up: 'boolean',
  verify_tls: 'boolean',
  port: 'integer',
  snmp_port: 'integer',
};

function assignments(patch: BulkPatch, ids: ReferenceIds, bind: (value: unknown) => string): Assignment[] {
  const {
    site: _s,
    profile: _p,
    parent: _u,
    snmp_credential: _c,
    tags,
    add_tags,
    remove_tags,
    custom_fields,
    ...plain
  } = patch;
  const list: Assignment[] = Object.entries(plain)
    .filter(([, value]) => value !== undefined)
    .map(([column, value]) => ({ column, sql: `${bind(value)}::${TYPES[column] ?? 'text'}` }));
  for (const [column, value] of Object.entries(ids)) list.push({ column, sql: `${bind(value)}::uuid` });
  if (tags) list.push({ column: 'tags', sql: `${bind(tags)}::text[]` });
  if (add_tags || remove_tags) {
    const [added, removed] = [bind(add_tags ?? []), bind(remove_tags ?? [])];
    const all = `unnest(o.tags || ${added}::text[]) WITH ORDINALITY AS t (tag, place)`;
    const kept = `SELECT tag FROM ${all} WHERE tag <> ALL (${removed}::text[]) GROUP BY tag ORDER BY min(place)`;
    list.push({ column: 'tags', sql: `ARRAY(${kept})` });
  }
  if (custom_fields) {
    const set = Object.entries(custom_fields).filter(([, value]) => value !== null);
    const removed = Object.keys(custom_fields).filter((key) => custom_fields[key] === null);
    const [added, taken] = [bind(JSON.stringify(Object.fromEntries(set))), bind(removed)];
    list.push({ column: 'custom_fields', sql: `((o.custom_fields || ${added}::jsonb) - ${taken}::text[])` });
  }
  return list;
}

function faultyDevices(names: string[]): ProblemException {
  const some = names.map((name) => `"${name}"`).join(', ');
  return new ProblemException('validation_failed', {
    detail:
      `Nothing was changed: ${some} would not be valid afterwards. A TCP check needs a port, an HTTP check a url; a device has at most ` +
      '50 tags and 100 custom fields of 16 KiB.',
  });
}

function onlyDifferences({ id, name, before, after }: Difference): Difference {
  const keys = Object.keys(after).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  const pick = (from: Record<string, unknown>) => Object.fromEntries(keys.map((key) => [key, from[key]]));
  return { id, name, before: pick(before), after: pick(after) };
}
