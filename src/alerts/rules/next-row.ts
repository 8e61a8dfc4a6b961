import { isDeepStrictEqual } from 'node:util';
import { type ChangedRow, EVALUATED, type RuleRow, type RuleValues } from './rule-row.js';

/** The row of a new rule. */
export function newRow(id: string, values: RuleValues, now: Date): RuleRow {
  return {
    ...values,
    id,
    key: null,
    version: 1,
    broken_reason: null,
    broken_at: null,
    created_at: now,
    updated_at: now,
  };
}

/**
 * The row after a change. Its version counts changes of what is evaluated. A rule that was switched off because it broke is whole again
 * when what is evaluated was changed to something that can be, or somebody switches it on.
 */
export function nextRow(before: RuleRow, values: RuleValues, now: Date): RuleRow {
  const isNew = EVALUATED.some((field) => !isDeepStrictEqual(before[field], values[field]));
  const mended = isNew || before.message !== values.message || values.enabled;
  return {
    ...before,
    ...values,
    version: before.version + (isNew ? 1 : 0),
    ...(mended && { broken_reason: null, broken_at: null }),
    updated_at: now,
  };
}

/** What is to be written of a change, without a scope that stays: the one that is stored may be unreadable, and is still to be mended. */
export function changedRow(before: RuleRow, after: RuleRow): ChangedRow {
  const { scope, ...rest } = after;
  return scope === before.scope ? rest : after;
}

/** Whether anything that people decide differs. */
export function differs(before: RuleRow, after: RuleRow): boolean {
  const { updated_at: _before, ...old } = before;
  const { updated_at: _after, ...next } = after;
  return !isDeepStrictEqual(old, next);
}
