import type { InvalidValue } from '../../platform/http/problem.js';
import type { RouteMatchers } from './route.js';

/** What matchers refer to. The names of each kind are unique. */
const ROUTE_REFERENCES = { sites: 'site', groups: 'group', rules: 'alert rule' } as const;
export type RouteReference = keyof typeof ROUTE_REFERENCES;
const KINDS = Object.keys(ROUTE_REFERENCES) as RouteReference[];
const MAX_NAMED = 20;

/** What was found of what matchers refer to, by id and by name. */
export class FoundRouteReferences {
  private readonly byWord = new Map<string, { id: string; name: string }>();

  constructor(rows: readonly { kind: RouteReference; id: string; name: string }[]) {
    for (const row of rows) this.byWord.set(`${row.kind} name ${row.name}`, row);
    for (const row of rows) this.byWord.set(`${row.kind} id ${row.id}`, row);
  }

  /** An id is looked for before a name. */
  find(kind: RouteReference, word: string): { id: string; name: string } | undefined {
    return this.byWord.get(`${kind} id ${word.toLowerCase()}`) ?? this.byWord.get(`${kind} name ${word}`);
  }
}

/** What matchers refer to, to be looked up. */
export function wordsOf(all: readonly RouteMatchers[], kind: RouteReference): string[] {
  return [...new Set(all.flatMap((matchers) => matchers[kind] ?? []))];
}

/** The matchers as they are stored: every reference by id, so that it holds when something is renamed. */
export function resolveMatchers(matchers: RouteMatchers, found: FoundRouteReferences): RouteMatchers {
  return mapped(matchers, (kind, word) => found.find(kind, word)?.id ?? word);
}

/** The matchers as they are answered, by name. What is gone stays an id. */
export function presentMatchers(matchers: RouteMatchers, found: FoundRouteReferences): RouteMatchers {
  return mapped(matchers, (kind, word) => found.find(kind, word)?.name ?? word);
}

/** What there is not, or not any more: an alert never matches it, and somebody may wait to be told. */
export function missingFrom(matchers: RouteMatchers, found: FoundRouteReferences): InvalidValue[] {
  return KINDS.flatMap((kind) =>
    (matchers[kind] ?? []).flatMap((word, index) =>
      found.find(kind, word)
        ? []
        : [{ path: `matchers.${kind}.${index}`, message: `There is no ${ROUTE_REFERENCES[kind]} "${word}".` }],
    ),
  ).slice(0, MAX_NAMED);
}

function mapped(matchers: RouteMatchers, change: (kind: RouteReference, word: string) => string): RouteMatchers {
  const changed = { ...matchers };
  for (const kind of KINDS) {
    const words = matchers[kind];
    if (words) changed[kind] = [...new Set(words.map((word) => change(kind, word)))];
  }
  return changed;
}
