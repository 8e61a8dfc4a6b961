import { z } from 'zod';
import type { SignalSources } from '../../metrics/signal-sources.service.js';
import { checkCondition } from '../engine/language/check-condition.js';
import { signalsOf } from '../engine/language/compile-condition.js';
import { conditionSchema } from '../engine/language/condition-schema.js';
import type { PassRule } from '../engine/pass.js';
import { GROUP_KEYS } from '../engine/rule.js';
import { scopeSchema } from '../rules/rule-scope.js';
import { SEVERITIES } from '../severity.js';

/** What {@link PassRule} has of a row of `alert_rules`. */
export const RULE_COLUMNS = `id, key, version, name, enabled, broken_reason AS "brokenReason", severity, scope, condition,
  for_seconds AS "forSeconds", recovery_condition AS "recoveryCondition", recovery_for_seconds AS "recoveryForSeconds",
  keep_firing_seconds AS "keepFiringSeconds", no_data AS "noData", group_by AS "groupBy", labels, message, runbook_url AS "runbookUrl"`;

const seconds = z.int().nonnegative();
/** It was checked when it was saved, but perhaps by another version, or changed by hand since. */
const storedRuleSchema = z.object({
  severity: z.enum(SEVERITIES),
  scope: scopeSchema,
  condition: conditionSchema,
  forSeconds: seconds,
  recoveryCondition: conditionSchema.nullable(),
  recoveryForSeconds: seconds,
  keepFiringSeconds: seconds,
  noData: z.enum(['ok', 'alert', 'keep']),
  groupBy: z.array(z.enum(GROUP_KEYS)),
  labels: z.record(z.string(), z.string()),
});

/** The rules of a pass, and why some of them cannot be evaluated. */
export interface StoredRules {
  rules: PassRule[];
  /** By id. */
  faults: Map<string, string>;
}

/**
 * One that cannot be read is among the faults, and is no reason not to evaluate the others.
 * @param rows with {@link RULE_COLUMNS}
 * @param metrics what there is to be asked for
 */
export function readStoredRules(
  rows: readonly object[],
  metrics: Pick<SignalSources, 'find' | 'catalogue'>,
): StoredRules {
  const faults = new Map<string, string>();
  const rules = rows.map((row) => {
    const rule = { ...row, targetKind: 'self' } as PassRule;
    // Those that are off are not evaluated, whatever they say.
    if (!rule.enabled) return rule;
    const fault = faultOf(row, metrics);
    if (fault !== null) {
      faults.set(rule.id, fault);
      return rule;
    }
    const [signal] = signalsOf(rule.condition);
    return { ...rule, targetKind: (signal && metrics.find(signal.metric)?.target) ?? 'self' };
  });
  return { rules, faults };
}

function faultOf(row: object, metrics: Pick<SignalSources, 'find' | 'catalogue'>): string | null {
  const parsed = storedRuleSchema.safeParse(row);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `${issue?.path.join('.')}: ${issue?.message}`;
  }
  const { condition, recoveryCondition, scope } = parsed.data;
  for (const each of recoveryCondition ? [condition, recoveryCondition] : [condition]) {
    const [problem] = checkCondition(each, {
      find: (metric) => metrics.find(metric),
      catalogue: metrics.catalogue,
      scopeKind: scope.kind,
    });
    if (problem) return problem.message;
  }
  return null;
}
