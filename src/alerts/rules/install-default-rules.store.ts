import type { ClientBase } from 'pg';
import { parseCondition } from '../engine/language/parse-condition.js';
import { printCondition } from '../engine/language/print-condition.js';
import { DEFAULT_RULES, type DefaultRule } from './default-rules.js';

/**
 * Installs each default rule once in the life of an installation: one that was deleted does not come back, one that was changed stays as it is.
 * Where somebody has a rule of the same name, the default one is called `Device down (default)`. One statement, whoever else does it too.
 * @returns the keys of what was installed
 */
export async function installDefaultRules(
  client: Pick<ClientBase, 'query'>,
  rules: readonly DefaultRule[] = DEFAULT_RULES,
): Promise<string[]> {
  const { rows } = await client.query<{ key: string }>(
    `WITH fresh AS (
       SELECT w.* FROM jsonb_to_recordset($1) AS w (
         key text, name text, description text, severity text, scope jsonb, condition jsonb, expression text, for_seconds integer,
         recovery_condition jsonb, recovery_expression text, recovery_for_seconds integer, group_by text[], message text)
       WHERE NOT EXISTS (SELECT FROM default_rules d WHERE d.key = w.key)
     ), installed AS (
       INSERT INTO alert_rules (key, name, description, severity, scope, condition, expression, for_seconds,
         recovery_condition, recovery_expression, recovery_for_seconds, group_by, message, no_data)
       SELECT key, CASE WHEN EXISTS (SELECT FROM alert_rules a WHERE a.name = f.name) THEN f.name || ' (default)' ELSE f.name END,
         description, severity, scope, condition, expression, for_seconds,
         recovery_condition, recovery_expression, recovery_for_seconds, group_by, message, 'keep'
       FROM fresh f
       ON CONFLICT DO NOTHING
       RETURNING key
     )
     INSERT INTO default_rules (key) SELECT key FROM installed ON CONFLICT DO NOTHING RETURNING key`,
    [JSON.stringify(rules.map(rowOf))],
  );
  return rows.map(({ key }) => key);
}

function rowOf({ key, name, description, severity, scope, groupBy, message, ...rule }: DefaultRule) {
  const condition = parseCondition(rule.expression);
  const recovery = rule.recovery === undefined ? null : parseCondition(rule.recovery);
  return {
    key,
    name,
    description,
    severity,
    scope,
    condition,
    expression: printCondition(condition),
    for_seconds: rule.forSeconds ?? 0,
    recovery_condition: recovery,
    recovery_expression: recovery && printCondition(recovery),
    recovery_for_seconds: rule.recoveryForSeconds ?? 0,
    group_by: groupBy,
    message,
  };
}
