import { inTurns } from '../../devices/transfer/in-turns.js';
import { type InvalidValue, ProblemException } from '../../platform/http/problem.js';
import type { FileRule } from './read-rules-yaml.js';
import { readRule } from './read-rule.js';
import type { RuleChanges } from './rule-fields.js';
import type { ImportDto, ImportQuery } from './rule-transfer.dto.js';

type Told = ImportDto['rules'][number];

/** What becomes of a rule on its way through an import. */
export interface ImportEntry extends Omit<Told, 'status'> {
  status: Told['status'] | null;
  /** Null when it was refused before. */
  changes: RuleChanges | null;
  from: FileRule;
}

/** How many rules are worked on before other requests have their turn. */
export const RULES_A_TURN = 50;

export async function readEntries(file: readonly FileRule[]): Promise<ImportEntry[]> {
  const lines = new Map<string, string>();
  const entries: ImportEntry[] = [];
  const readEntry = (from: FileRule, index: number): ImportEntry => {
    const read = readRule(from.value);
    const name = 'rule' in read ? read.rule.name : nameOf(from.value);
    const changes = 'rule' in read ? read.rule : null;
    const entry: ImportEntry = {
      rule: index + 1,
      line: from.line,
      status: null,
      id: null,
      name,
      errors: [],
      changes,
      from,
    };
    if ('errors' in read) fail(entry, read.errors);
    if (name === null) return entry;
    const earlier = lines.get(name);
    if (earlier) fail(entry, [{ path: 'name', message: `${earlier} has this name already.` }]);
    else lines.set(name, from.line === null ? `Rule ${index + 1}` : `The rule in line ${from.line}`);
    return entry;
  };
  for await (const part of inTurns(file, RULES_A_TURN)) {
    for (const from of part) entries.push(readEntry(from, entries.length));
  }
  return entries;
}

export function fail(entry: ImportEntry, problems: readonly (InvalidValue & { code?: string })[]): void {
  entry.status = 'failed';
  for (const { path, message, code = 'validation_failed', position = null } of problems) {
    entry.errors.push({ path, message, code, position, line: entry.from.lineOf(path) });
  }
}

/** What an import answers. */
export function report(entries: readonly ImportEntry[], { atomic, dry_run }: ImportQuery): ImportDto {
  const counts = { created: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };
  for (const { status } of entries) counts[status!]++;
  return {
    total: entries.length,
    ...counts,
    atomic,
    dry_run,
    committed: !dry_run,
    rules: entries.map(({ changes: _changes, from: _from, ...told }) => ({
      ...told,
      status: told.status!,
      id: dry_run && told.status === 'created' ? null : told.id,
    })),
  };
}

/** Why an atomic import left nothing behind. */
export function rolledBack(entries: readonly ImportEntry[]): ProblemException {
  const failed = entries.filter(({ status }) => status === 'failed');
  const errors = failed.flatMap(({ rule, errors: own }) =>
    own.map(({ path, message, position, line }) => ({
      path: [`rules.${rule - 1}`, path].filter(Boolean).join('.'),
      message,
      ...(position !== null && { position }),
      ...(line !== null && { line }),
    })),
  );
  const [first] = errors;
  const place = first && [first.line ? `line ${first.line}` : '', first.path].filter(Boolean).join(', ');
  const detail =
    `Nothing was imported: ${failed.length} of ${entries.length} rules were refused` +
    `${first ? `, the first in ${place}: ${first.message}` : '.'} Correct what \`errors\` names and import again.`;
  return new ProblemException('import_rolled_back', { detail, errors: errors.slice(0, 1_000) });
}

function nameOf(value: unknown): string | null {
  const name = typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : null;
  return typeof name === 'string' ? name.replaceAll(/[\0\p{Surrogate}]/gu, '').slice(0, 200) : null;
}
