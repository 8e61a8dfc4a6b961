import type { Selector } from '../../devices/selector.js';
import type { Severity } from '../severity.js';
import type { Condition } from './condition.js';

/** What a rule is about. `templates`: devices that one of these templates (ids or names) is applied to. */
export type Scope =
  | { kind: 'devices'; selector: Selector; templates?: string[] }
  | { kind: 'swarm'; /** Names of nodes or services, `*` for any text; absent: all. */ names?: string[] }
  | { kind: 'self' };

export type NoDataPolicy = 'ok' | 'alert' | 'keep';

/** By what alerts are put together into one notice. */
export const GROUP_KEYS = ['rule', 'severity', 'site', 'region', 'device'] as const;
export type GroupKey = (typeof GROUP_KEYS)[number];

/** A rule as the evaluator reads it. Times in seconds. */
export interface Rule {
  id: string;
  /** Of a rule that was installed by default, such as `device_down`. */
  key: string | null;
  version: number;
  name: string;
  severity: Severity;
  scope: Scope;
  condition: Condition;
  /** How long the condition must hold before it fires. */
  forSeconds: number;
  /** Null: when the condition does not hold any more. */
  recoveryCondition: Condition | null;
  /** How long the recovery must hold. */
  recoveryForSeconds: number;
  /** How long after the condition held last it goes on firing at least. */
  keepFiringSeconds: number;
  /** What an unknown verdict means: the condition does not hold, it does, or all stays as it is. */
  noData: NoDataPolicy;
  groupBy: GroupKey[];
  labels: Record<string, string>;
  /** Template of the summary; null: one is made from the condition. */
  message: string | null;
  runbookUrl: string | null;
}
