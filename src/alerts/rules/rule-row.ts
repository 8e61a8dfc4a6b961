import type { Condition } from '../engine/condition.js';
import type { GroupKey, NoDataPolicy, Scope } from '../engine/rule.js';
import type { Severity } from '../severity.js';

/** The columns of a rule that people decide. */
export interface RuleValues {
  name: string;
  description: string | null;
  enabled: boolean;
  severity: Severity;
  scope: Scope;
  condition: Condition;
  /** The text of `condition`. */
  expression: string;
  for_seconds: number;
  recovery_condition: Condition | null;
  recovery_expression: string | null;
  recovery_for_seconds: number;
  keep_firing_seconds: number;
  no_data: NoDataPolicy;
  group_by: GroupKey[];
  labels: Record<string, string>;
  message: string | null;
  runbook_url: string | null;
  channel_ids: string[];
}

/** A row of `alert_rules`. */
export interface RuleRow extends RuleValues {
  id: string;
  /** Of a rule that was installed by default. */
  key: string | null;
  version: number;
  broken_reason: string | null;
  broken_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** A row that is written over another; without a scope, the one that is stored stays. */
export type ChangedRow = Omit<RuleRow, 'scope'> & Partial<Pick<RuleRow, 'scope'>>;

/** What is evaluated: a change of it is a new version of the rule. */
export const EVALUATED = [
  'scope',
  'condition',
  'for_seconds',
  'recovery_condition',
  'recovery_for_seconds',
  'keep_firing_seconds',
  'no_data',
] as const satisfies (keyof RuleValues)[];

/** A rule that nobody has said more about than its name and condition. */
export const DEFAULTS = {
  description: null,
  enabled: true,
  severity: 'medium',
  for_seconds: 0,
  recovery_condition: null,
  recovery_expression: null,
  recovery_for_seconds: 0,
  keep_firing_seconds: 0,
  no_data: 'keep',
  group_by: ['site'],
  labels: {},
  message: null,
  runbook_url: null,
  channel_ids: [],
} as const satisfies Partial<{ [field in keyof RuleValues]: Readonly<RuleValues[field]> | readonly string[] }>;
