import type { Selector } from '../../devices/selector.js';
import type { InvalidValue } from '../../platform/http/problem.js';
import type { Scope } from '../engine/rule.js';
import type { GivenScope } from './rule-scope.js';

/** What scopes refer to. Names of devices are not unique, the others are. */
export const REFERENCE_KINDS = ['sites', 'groups', 'profiles', 'templates', 'devices'] as const;
export type ReferenceKind = (typeof REFERENCE_KINDS)[number];

/** Ids or names that are to be looked up. */
export type Words = Record<ReferenceKind, Set<string>>;

/** What was found, of each kind by id and by name. */
export class FoundReferences {
  private readonly byWord = new Map<string, { id: string; name: string; matches: number }>();

  constructor(rows: readonly { kind: ReferenceKind; id: string; name: string; matches: number }[]) {
    for (const { kind, ...row } of rows) this.byWord.set(`${kind} name ${row.name}`, row);
    for (const { kind, ...row } of rows) this.byWord.set(`${kind} id ${row.id}`, row);
  }

  /** An id is looked for before a name. `matches`: how many have that name. */
  find(kind: ReferenceKind, word: string): { id: string; name: string; matches: number } | undefined {
    return this.byWord.get(`${kind} id ${word.toLowerCase()}`) ?? this.byWord.get(`${kind} name ${word}`);
  }
}

const WORD_OF = {
  sites: 'site',
  groups: 'group',
  profiles: 'profile',
  templates: 'template',
  devices: 'device',
} as const;
const MAX_NAMED = 20;

export function noWords(): Words {
  return Object.fromEntries(REFERENCE_KINDS.map((kind) => [kind, new Set<string>()])) as Words;
}

/** Adds what a scope refers to. */
export function collectWords(scope: Scope, devices: readonly string[], into: Words): void {
  for (const kind of REFERENCE_KINDS) for (const word of wordsOf(scope, kind)) into[kind].add(word);
  for (const word of devices) into.devices.add(word);
}

/**
 * The scope as it is stored: every reference by id, so that it holds when something is renamed.
 * @param errors gets what there is none of: a mistyped name would mean no device, and nobody would be told
 * @param gone ids that are taken though there is nothing of them any more
 */
export function resolveScope(
  { scope, devices, path }: GivenScope,
  found: FoundReferences,
  errors: InvalidValue[],
  gone: ReadonlySet<string> = new Set(),
): Scope {
  if (scope.kind !== 'devices') return scope;
  const find = (kind: ReferenceKind, word: string, path: string): string =>
    gone.has(word) ? word : resolve(kind, word, path, found, errors);
  const at = (kind: ReferenceKind): string => {
    if (kind === 'templates') return 'scope.templates';
    return kind === 'devices' ? `${path}.ids` : `${path}.${kind}`;
  };
  const resolved = mapWords(scope, (kind, word, index) => find(kind, word, `${at(kind)}.${index}`));
  if (devices.length === 0) return resolved;
  const ids = devices.map((word, index) => find('devices', word, `${path}.devices.${index}`));
  const all = [...new Set([...(resolved.selector.ids ?? []), ...ids])];
  return { ...resolved, selector: { ...resolved.selector, ids: all } };
}

/** The scope as it is answered: by name what has a unique one. What is gone stays an id. */
export function presentScope(scope: Scope, found: FoundReferences): Scope {
  if (scope.kind !== 'devices') return scope;
  return mapWords(scope, (kind, word) => (kind === 'devices' ? word : (found.find(kind, word)?.name ?? word)));
}

/** The scope without what is gone: it means the same. Of a list in which nothing is left all stays, as without it more would be meant. */
export function withoutGone(scope: Scope, found: FoundReferences): Scope {
  if (scope.kind !== 'devices') return scope;
  return mapLists(scope, (kind, words) => {
    const left = words.filter((word) => found.find(kind, word));
    return left.length > 0 ? left : words;
  });
}

/** Ids in a stored scope that there is nothing of any more. */
export function goneOf(scope: Scope, found: FoundReferences): Set<string> {
  return new Set(REFERENCE_KINDS.flatMap((kind) => wordsOf(scope, kind).filter((word) => !found.find(kind, word))));
}

/** What a stored scope refers to and that is gone. */
export function missingReferences(scope: Scope, found: FoundReferences): InvalidValue[] {
  const errors: InvalidValue[] = [];
  resolveScope({ scope, devices: [], path: 'scope.selector' }, found, errors);
  return errors;
}

function resolve(
  kind: ReferenceKind,
  word: string,
  path: string,
  found: FoundReferences,
  errors: InvalidValue[],
): string {
  const match = found.find(kind, word);
  if (match && (match.matches === 1 || match.id === word.toLowerCase())) return match.id;
  const message = match
    ? `There are ${match.matches} ${kind} called "${word}". Give the id of one.`
    : `There is no ${WORD_OF[kind]} "${word}".`;
  if (errors.length < MAX_NAMED) errors.push({ path, message });
  return word;
}

type DeviceScope = Extract<Scope, { kind: 'devices' }>;

function wordsOf(scope: Scope, kind: ReferenceKind): readonly string[] {
  if (scope.kind !== 'devices') return [];
  return (kind === 'templates' ? scope.templates : scope.selector[fieldOf(kind)]) ?? [];
}

function mapWords(
  scope: DeviceScope,
  change: (kind: ReferenceKind, word: string, index: number) => string,
): DeviceScope {
  return mapLists(scope, (kind, words) => unique(words.map((word, index) => change(kind, word, index))));
}

function mapLists(
  { selector, templates }: DeviceScope,
  change: (kind: ReferenceKind, words: string[]) => string[],
): DeviceScope {
  const fields: Selector = { ...selector };
  for (const kind of REFERENCE_KINDS) {
    if (kind === 'templates') continue;
    const words = fields[fieldOf(kind)];
    if (words) fields[fieldOf(kind)] = change(kind, words);
  }
  const changed = templates && change('templates', templates);
  return { kind: 'devices', selector: fields, ...(changed && { templates: changed }) };
}

function fieldOf(kind: Exclude<ReferenceKind, 'templates'>): 'ids' | 'sites' | 'groups' | 'profiles' {
  return kind === 'devices' ? 'ids' : kind;
}

function unique(words: string[]): string[] {
  return [...new Set(words)];
}
