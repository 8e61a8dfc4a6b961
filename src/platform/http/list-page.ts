import { decodeCursor, encodeCursor, type Position, type SortValue } from './cursor.js';
import type { Page } from './envelope.js';
import { trimFields } from './fields.js';
import type { ListQuery } from './list-query.js';

/** How a collection held in memory is listed. */
export interface ListRules<T, F extends object, S extends string> {
  /** Unique; the tie-breaker of every sort order. */
  id: (item: T) => string;
  sort: Record<S, (item: T) => SortValue>;
  /** The texts that `q` is looked for in, ignoring case. */
  search?: (item: T) => (string | null)[];
  /** Only called for filters that are given. */
  filters: { [K in keyof F]-?: (item: T, value: NonNullable<F[K]>) => boolean };
  /** Makes the wire's form of an item; called only for the items of the page. */
  present?: (item: T) => object;
}

/**
 * One page of a collection in memory. A cursor remembers the last item's place in the order, not its index, so pages
 * neither repeat nor skip items that stay while others come and go.
 * @throws ProblemException `invalid_cursor`
 */
export function listPage<T, F extends object, S extends string>(
  items: readonly T[],
  query: ListQuery<F, S>,
  rules: ListRules<T, F, S>,
): Page<unknown> {
  const after = decodeCursor(query);
  const positionOf = (item: T): Position => ({ value: rules.sort[query.sort.key](item), id: rules.id(item) });
  const matching = items
    .filter((item) => matches(item, query, rules))
    .map((item) => ({ item, at: positionOf(item) }))
    .sort((a, b) => comparePositions(a.at, b.at, query.sort.descending));
  const rest = after ? matching.filter(({ at }) => comparePositions(at, after, query.sort.descending) > 0) : matching;
  const shown = rest.slice(0, query.limit);
  const last = shown.at(-1);
  const { fields } = query;
  return {
    data: shown.map(({ item }) => {
      const presented = rules.present ? rules.present(item) : item;
      return fields ? trimFields(presented, fields) : presented;
    }),
    page: {
      limit: query.limit,
      next_cursor: last && rest.length > shown.length ? encodeCursor(query, last.at) : null,
      total: matching.length,
    },
  };
}

function matches<T, F extends object, S extends string>(
  item: T,
  { filters, q }: ListQuery<F, S>,
  rules: ListRules<T, F, S>,
): boolean {
  const needle = q?.toLowerCase();
  if (needle !== undefined && !rules.search?.(item).some((text) => text?.toLowerCase().includes(needle))) return false;
  return (Object.keys(filters) as (keyof F)[]).every((name) => {
    const wanted = filters[name];
    return wanted === undefined || wanted === null || rules.filters[name](item, wanted);
  });
}

function comparePositions(a: Position, b: Position, descending: boolean): number {
  const order = compareValues(a.value, b.value) || compareValues(a.id, b.id);
  return descending ? -order : order;
}

function compareValues(a: SortValue, b: SortValue): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}
