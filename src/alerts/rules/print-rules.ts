import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { inTurns } from '../../devices/transfer/in-turns.js';
import { isUuid } from '../../devices/inventory/uuid.js';
import type { Scope } from '../engine/rule.js';
import { type FoundReferences, presentScope, withoutGone } from './rule-references.js';
import { DEFAULTS, type RuleRow } from './rule-row.js';

/** A rule as a file has it: what others refer to by name, and nothing that is as it is without a word. */
export type PrintedRule = Record<string, unknown>;

/**
 * @param devicesByName whom the names of devices mean
 * @param channels by id
 */
export function printRule(
  row: RuleRow,
  references: FoundReferences,
  devicesByName: FoundReferences,
  channels: ReadonlyMap<string, { name: string }>,
): PrintedRule {
  const { recovery_expression, recovery_for_seconds } = row;
  const hasRecovery = recovery_expression !== null || recovery_for_seconds > 0;
  return {
    name: row.name,
    ...said(row, 'description'),
    enabled: row.enabled,
    severity: row.severity,
    scope: printScope(presentScope(withoutGone(row.scope, references), references), references, devicesByName),
    expression: row.expression,
    for_seconds: row.for_seconds,
    ...(hasRecovery && {
      recovery: { ...(recovery_expression && { expression: recovery_expression }), for_seconds: recovery_for_seconds },
    }),
    ...said(row, 'keep_firing_seconds'),
    ...said(row, 'no_data'),
    ...said(row, 'group_by'),
    ...said(row, 'labels'),
    ...said(row, 'message'),
    ...said(row, 'runbook_url'),
    ...(row.channel_ids.length > 0 && { channels: row.channel_ids.map((id) => channels.get(id)?.name ?? id) }),
  };
}

/** The names of the devices that scopes mean by id: whether each is of one device only is to be looked up. */
export function deviceNames(rows: readonly RuleRow[], references: FoundReferences): Set<string> {
  const ids = rows.flatMap(({ scope }) => (scope.kind === 'devices' ? (scope.selector.ids ?? []) : []));
  return new Set(ids.flatMap((id) => references.find('devices', id)?.name ?? []));
}

const HEAD = 'rules:\n';
const RULES_A_TURN = 20;
/** Texts that readers of YAML 1.1 take for something else, such as `no` or a date, are quoted. */
const FORM = {
  version: '1.2',
  schema: 'core',
  compat: 'yaml-1.1',
  lineWidth: 0,
  aliasDuplicateObjects: false,
} as const;

/** The file. The same rules give the same bytes. One by one, so that nobody waits for all of them. */
export async function printRulesYaml(rules: readonly PrintedRule[]): Promise<string> {
  if (rules.length === 0) return stringify({ rules }, FORM);
  let text = HEAD;
  for await (const part of inTurns(rules, RULES_A_TURN)) {
    for (const rule of part) text += stringify({ rules: [rule] }, FORM).slice(HEAD.length);
  }
  return text;
}

function said(row: RuleRow, field: keyof typeof DEFAULTS & keyof RuleRow): PrintedRule {
  return isDeepStrictEqual(row[field], DEFAULTS[field]) ? {} : { [field]: row[field] };
}

/** As people write it: without `kind` where that is plain. */
function printScope(scope: Scope, references: FoundReferences, devicesByName: FoundReferences): unknown {
  if (scope.kind !== 'devices') return 'names' in scope && scope.names ? scope : scope.kind;
  const { ids, ...fields } = scope.selector;
  const { templates } = scope;
  const isEveryDevice = !ids && isDeepStrictEqual(fields, { all: true });
  if (isEveryDevice) return templates ? { templates } : 'all';
  const devices = ids?.map((id) => {
    const name = references.find('devices', id)?.name;
    return name && !isUuid(name) && devicesByName.find('devices', name)?.matches === 1 ? name : id;
  });
  return { ...(devices && { devices }), ...fields, ...(templates && { templates }) };
}
