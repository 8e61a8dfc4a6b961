import { selectorCondition, type SqlCondition } from '../../devices/inventory/selector-sql.js';
import type { Scope } from '../engine/rule.js';

export type DeviceScope = Extract<Scope, { kind: 'devices' }>;

/** Two scopes of the same key choose the same devices. Null: every device. */
export function scopeKey({ selector, templates }: DeviceScope): string | null {
  const { all, ...rest } = selector;
  if (all && Object.keys(rest).length === 0 && !templates) return null;
  return JSON.stringify([Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)), templates ?? null]);
}

/** The devices of a scope as a condition on `devices d`. */
export function scopeCondition({ selector, templates }: DeviceScope): SqlCondition {
  const chosen = selectorCondition(selector);
  if (!templates) return chosen;
  return {
    condition:
      `${chosen.condition} AND d.id IN (SELECT dt.device_id FROM device_templates dt JOIN templates t ON t.id = dt.template_id ` +
      'WHERE t.name = ANY (?::text[]) OR t.id::text = ANY (?::text[]))',
    values: [...chosen.values, templates, templates.map((template) => template.toLowerCase())],
  };
}
