import type { Selector } from '../selector.js';

/** How far groups may name groups: a selector, a group it names, and two more below. Deeper ones match nothing; writing them is refused. */
export const MAX_GROUP_DEPTH = 3;

/** A condition with a `?` for each value, in order. */
export interface SqlCondition {
  condition: string;
  values: unknown[];
}

/** Where the fields of a selector come from: values of this statement, or the `selector` column of a stored group. */
interface Source {
  /** SQL that says whether the field is missing; null when it is known to be there, undefined when it is known not to be. */
  missing(field: keyof Selector): string | null | undefined;
  /** SQL of type `text[]`. */
  list(field: keyof Selector): string;
  /** SQL of type `text`. */
  text(field: keyof Selector): string;
}

/**
 * The devices of a selector as a condition on `devices d`. Sites count with all that is below them, groups by their members or their
 * own selector, as they are when the statement runs. Names and ids that there are none of match nothing.
 * @example
 * const { condition, values } = selectorCondition({ tags: ['core'] });
 * // SELECT … FROM devices d WHERE d.enabled AND (condition)
 */
export function selectorCondition(selector: Selector): SqlCondition {
  const values: unknown[] = [];
  const bind = (value: unknown, type: string): string => {
    values.push(value);
    return `?::${type}`;
  };
  const source: Source = {
    missing: (field) => (selector[field] === undefined ? undefined : null),
    list: (field) => bind(selector[field], 'text[]'),
    text: (field) => bind(String(selector[field]), 'text'),
  };
  return { condition: conditionOn('d', source, MAX_GROUP_DEPTH), values };
}

/** The same in PostgreSQL's own numbering, for a statement whose other values come first. */
export function numbered({ condition, values }: SqlCondition, taken = 0): { text: string; values: unknown[] } {
  let number = taken;
  return { text: condition.replace(/\?/g, () => `$${++number}`), values };
}

function conditionOn(device: string, source: Source, depth: number): string {
  const parts: string[] = [];
  // The SQL is made where it is placed, so that values are bound in the order of their question marks.
  const when = (field: keyof Selector, condition: () => string): void => {
    const missing = source.missing(field);
    if (missing === undefined) return;
    parts.push(missing === null ? `(${condition()})` : `(${missing} OR ${condition()})`);
  };
  when('ids', () => `${device}.id = ANY (${source.list('ids')}::uuid[])`);
  when('sites', () => `${device}.site_id = ANY (ARRAY(${sitesBelow(source.list('sites'))}))`);
  when('groups', () => `${device}.id = ANY (ARRAY(${devicesOfGroups(source.list('groups'), depth)}))`);
  when('tags', () => `${device}.tags && ${source.list('tags')}`);
  when('vendors', () => `${device}.vendor = ANY (${source.list('vendors')})`);
  when('device_types', () => `${device}.device_type = ANY (${source.list('device_types')})`);
  when('profiles', () => `${device}.profile_id = ANY (ARRAY(${named('profiles', source.list('profiles'))}))`);
  when('check_kinds', () => `${device}.check_kind = ANY (${source.list('check_kinds')})`);
  when('enabled', () => `${device}.enabled = ${source.text('enabled')}::boolean`);
  when('q', () => `position(lower(${source.text('q')}) in ${searchedText(device)}) > 0`);
  return parts.length > 0 ? parts.join(' AND ') : 'true';
}

/** What `q` looks into; the parts on lines of their own, so that no match spans two. */
export function searchedText(device: string): string {
  return `lower(concat_ws(chr(10), ${device}.name, ${device}.ip, ${device}.hostname, ${device}.location))`;
}

/** Ids of the rows of a table that are meant by ids or names. */
function named(table: string, wanted: string): string {
  return (
    `(WITH w AS (SELECT unnest(${wanted}) AS word) SELECT n.id FROM ${table} n ` +
    'WHERE n.name IN (SELECT word FROM w) OR n.id::text IN (SELECT lower(word) FROM w))'
  );
}

/** `UNION`, not `UNION ALL`: the recursion ends even in a circle. */
function sitesBelow(wanted: string): string {
  return (
    `WITH RECURSIVE below (id) AS (${named('sites', wanted)} ` +
    'UNION SELECT s.id FROM sites s JOIN below b ON s.parent_id = b.id) SELECT below.id FROM below'
  );
}

/**
 * Members, and what the selectors of groups choose. `OFFSET 0` keeps the planner from flattening the inner query: so the lists that come
 * out of a stored selector are computed once a group, not once a device.
 */
function devicesOfGroups(wanted: string, depth: number): string {
  if (depth === 0) return 'SELECT NULL::uuid WHERE false';
  const group = `g${depth}`;
  const device = `d${depth}`;
  const stored: Source = {
    missing: (field) => `${group}.selector->'${field}' IS NULL`,
    list: (field) => `ARRAY(SELECT jsonb_array_elements_text(${group}.selector->'${field}'))`,
    text: (field) => `(${group}.selector->>'${field}')`,
  };
  const chosen = conditionOn(device, stored, depth - 1);
  return (
    `WITH ${group} AS (SELECT c.id, c.selector FROM groups c WHERE c.id IN (${named('groups', wanted)})) ` +
    `SELECT m.device_id FROM ${group} JOIN group_members m ON m.group_id = ${group}.id ` +
    `UNION ALL SELECT x.id FROM ${group} CROSS JOIN LATERAL ` +
    `(SELECT ${device}.id FROM devices ${device} WHERE ${chosen} OFFSET 0) x WHERE ${group}.selector IS NOT NULL`
  );
}
