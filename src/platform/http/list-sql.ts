import { decodeCursor, encodeCursor } from './cursor.js';
import type { Page } from './envelope.js';
import { trimFields } from './fields.js';
import type { ListQuery } from './list-query.js';

/** How a table is listed. Every text here is SQL written by us; values only ever travel as parameters. */
export interface SqlList<S extends string> {
  /** What to select, `FROM` excluded: `id, name`. */
  select: string;
  from: string;
  id: { expression: string; type: string };
  /** Never null: coalesce what may be. `type` is what the cursor's text is cast back to. */
  sort: Record<S, { expression: string; type: string }>;
  /** Conditions with `?` for each value, in order. */
  where: { condition: string; values: unknown[] }[];
}

interface Statement {
  text: string;
  values: unknown[];
}

/**
 * The two statements of a keyset page: its rows (one more than asked for, to know whether there is a next page), and
 * the total. The sort value travels as PostgreSQL's own text, so a cursor keeps the microseconds a Date would lose.
 */
export function listStatements<F extends object, S extends string>(
  list: SqlList<S>,
  query: ListQuery<F, S>,
): { rows: Statement; total: Statement } {
  const after = decodeCursor(query);
  const { expression, type } = list.sort[query.sort.key];
  const direction = query.sort.descending ? 'DESC' : 'ASC';
  const values: unknown[] = [];
  const bind = (condition: string, bound: unknown[]): string => {
    const pending = [...bound];
    return condition.replace(/\?/g, () => `$${values.push(pending.shift())}`);
  };
  const conditions = list.where.map(({ condition, values: bound }) => `(${bind(condition, bound)})`);
  const total: Statement = {
    text: `SELECT count(*)::int AS total FROM ${list.from}${whereClause(conditions)}`,
    values: [...values],
  };
  if (after) {
    const compare = query.sort.descending ? '<' : '>';
    conditions.push(
      `(${expression}, ${list.id.expression}) ${compare} ` +
        bind(`(?::text::${type}, ?::text::${list.id.type})`, [String(after.value), after.id]),
    );
  }
  const text =
    `SELECT ${list.select}, (${expression})::text AS _at, (${list.id.expression})::text AS _id FROM ${list.from}` +
    `${whereClause(conditions)} ORDER BY ${expression} ${direction}, ${list.id.expression} ${direction} LIMIT ${query.limit + 1}`;
  return { rows: { text, values }, total };
}

/** Makes the page out of the rows that {@link listStatements} selected. */
export function pageOfRows<R extends { _at: string; _id: string }>(
  rows: R[],
  total: number,
  query: ListQuery,
  present: (row: R) => unknown,
): Page<unknown> {
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const { fields } = query;
  return {
    data: shown.map((row) => (fields ? trimFields(present(row), fields) : present(row))),
    page: {
      limit: query.limit,
      next_cursor: last && rows.length > shown.length ? encodeCursor(query, { value: last._at, id: last._id }) : null,
      total,
    },
  };
}

function whereClause(conditions: string[]): string {
  return conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
}
