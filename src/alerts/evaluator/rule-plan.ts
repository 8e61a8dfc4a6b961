import { type Signal, signalKey } from '../../metrics/metric.js';
import { signalsOf } from '../engine/language/compile-condition.js';
import type { PassRule } from '../engine/pass.js';
import { type DeviceScope, scopeKey } from '../rules/scope-sql.js';
import type { StoredRules } from './stored-rule.js';

/** Always asked for where there are devices to be judged: what suppresses alerts. */
const ALWAYS: Signal[] = ['device.state_code', 'device.failing', 'device.flapping'].map((metric) => ({
  metric,
  agg: 'last',
  windowSeconds: null,
}));

/** The rules of a pass, and what they ask for. */
export interface RulePlan extends StoredRules {
  /** Each once. */
  signals: Signal[];
  /** Of rules about devices, by key, each once; those about every device have none. */
  scopes: Map<string, DeviceScope>;
  /** By the id of a rule about devices the key of its scope; null: every device. */
  scopeOf: Map<string, string | null>;
}

/** What must be read for these rules; for those that are off or cannot be evaluated nothing. */
export function planRules({ rules, faults }: StoredRules): RulePlan {
  const evaluated = rules.filter(({ id, enabled }) => enabled && !faults.has(id));
  const about = evaluated.flatMap(({ id, scope }) =>
    scope.kind === 'devices' ? [{ id, scope, key: scopeKey(scope) }] : [],
  );
  const wanted = [...(about.length > 0 ? ALWAYS : []), ...evaluated.flatMap(signalsOfRule)];
  return {
    rules,
    faults,
    signals: [...new Map(wanted.map((signal) => [signalKey(signal), signal])).values()],
    scopes: new Map(about.flatMap(({ key, scope }) => (key === null ? [] : [[key, scope] as const]))),
    scopeOf: new Map(about.map(({ id, key }) => [id, key])),
  };
}

function signalsOfRule({ condition, recoveryCondition }: PassRule): Signal[] {
  return [...signalsOf(condition), ...(recoveryCondition ? signalsOf(recoveryCondition) : [])];
}
