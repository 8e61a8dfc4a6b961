import type { Condition } from '../engine/condition.js';
import { conditionSchema } from '../engine/language/condition-schema.js';
import type { Scope } from '../engine/rule.js';
import { scopeSchema } from './rule-scope.js';
import type { RuleRow } from './rule-row.js';

// What is stored may be of an older version, or changed by hand: then the rule is broken, and still to be shown, mended and deleted.

/** Means no device, and is refused where a rule is to be evaluated. */
const NO_DEVICE: Scope = { kind: 'devices', selector: { ids: [] } };

/** Null when it is none. */
export function readStoredCondition(stored: unknown): Condition | null {
  return conditionSchema.safeParse(stored).data ?? null;
}

/** The row with what can be gone through in place of a scope and labels that are none. Conditions stay as they are. */
export function withReadableParts<Row extends Pick<RuleRow, 'scope' | 'labels'>>(row: Row): Row {
  const { scope, labels } = row;
  const hasLabels = typeof labels === 'object' && labels !== null && !Array.isArray(labels);
  return {
    ...row,
    scope: scopeSchema.safeParse(scope).success ? scope : NO_DEVICE,
    labels: hasLabels ? labels : {},
  };
}
