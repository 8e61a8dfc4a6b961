import type { Condition } from '../engine/condition.js';
import type { GroupKey, NoDataPolicy, Scope } from '../engine/rule.js';
import type { Severity } from '../severity.js';
import { inReadingOrder } from './reading-order.js';
import { type FoundReferences, presentScope } from './rule-references.js';
import type { RuleRow } from './rule-row.js';

/** A rule on the wire, without what changes by itself. */
export interface PresentedRule {
  id: string;
  key: string | null;
  name: string;
  description: string | null;
  enabled: boolean;
  severity: Severity;
  scope: Scope;
  expression: string;
  condition: Condition;
  for_seconds: number;
  recovery: { expression: string | null; condition: Condition | null; for_seconds: number };
  keep_firing_seconds: number;
  no_data: NoDataPolicy;
  group_by: GroupKey[];
  labels: Record<string, string>;
  message: string | null;
  runbook_url: string | null;
  channels: { id: string; name: string | null }[];
  version: number;
  broken_reason: string | null;
  broken_at: string | null;
  created_at: string;
  updated_at: string;
}

/** @param channels by id, those that there are */
export function presentRule(
  row: RuleRow,
  references: FoundReferences,
  channels: ReadonlyMap<string, { name: string }>,
): PresentedRule {
  return {
    id: row.id,
    key: row.key,
    name: row.name,
    description: row.description,
    enabled: row.enabled,
    severity: row.severity,
    scope: presentScope(row.scope, references),
    expression: row.expression,
    condition: inReadingOrder(row.condition),
    for_seconds: row.for_seconds,
    recovery: {
      expression: row.recovery_expression,
      condition: row.recovery_condition && inReadingOrder(row.recovery_condition),
      for_seconds: row.recovery_for_seconds,
    },
    keep_firing_seconds: row.keep_firing_seconds,
    no_data: row.no_data,
    group_by: row.group_by,
    labels: row.labels,
    message: row.message,
    runbook_url: row.runbook_url,
    channels: row.channel_ids.map((id) => ({ id, name: channels.get(id)?.name ?? null })),
    version: row.version,
    broken_reason: row.broken_reason,
    broken_at: row.broken_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
