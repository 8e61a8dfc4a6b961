import { z } from 'zod';
import { listQuery } from '../../platform/http/list-query.js';
import { AGGREGATIONS } from '../../metrics/metric.js';
import { conditionSchema } from '../engine/language/condition-schema.js';
import { GROUP_KEYS } from '../engine/rule.js';
import { SEVERITIES } from '../severity.js';
import { createRuleBody, type RuleChanges } from './rule-fields.js';
import { scopeSchema } from './rule-scope.js';

/** Of an answer; what is stored was checked when it came. */
const condition = z.record(z.string(), z.unknown()).meta({ ...conditionSchema.meta() });
const counts = z.strictObject({ pending: z.int(), firing: z.int() });
const missing = z.array(z.strictObject({ path: z.string(), message: z.string() }));

export const ruleSchema = z.strictObject({
  id: z.uuid(),
  key: z.string().nullable().describe('Of a rule that was installed by default, such as `device_down`.'),
  name: z.string(),
  description: z.string().nullable(),
  enabled: z.boolean(),
  severity: z.enum(SEVERITIES),
  scope: scopeSchema,
  expression: z.string().describe('The text of `condition`.'),
  condition,
  for_seconds: z.int(),
  recovery: z.strictObject({
    expression: z.string().nullable(),
    condition: condition.nullable().describe('null: when the condition does not hold any more.'),
    for_seconds: z.int(),
  }),
  keep_firing_seconds: z.int(),
  no_data: z.enum(['ok', 'alert', 'keep']),
  group_by: z.array(z.enum(GROUP_KEYS)),
  labels: z.record(z.string(), z.string()),
  message: z.string().nullable(),
  runbook_url: z.string().nullable(),
  channels: z
    .array(z.strictObject({ id: z.uuid(), name: z.string().nullable().describe('null: it was deleted.') }))
    .describe('Empty: those of the routes, or the default ones.'),
  version: z.int().describe('Counts the changes of what is evaluated.'),
  broken_reason: z.string().nullable().describe('Evaluating it failed, and it was switched off for that.'),
  broken_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  open_alerts: counts,
  missing_references: missing.describe('What its scope and channels refer to and that was deleted since.'),
});
export type RuleDto = z.output<typeof ruleSchema>;

const notes = z
  .array(z.string())
  .describe(
    'What deserves a look though it is no mistake, such as a condition that never holds, or an item that no device has.',
  );

export const ruleDetailSchema = ruleSchema.extend({ notes });
export type RuleDetailDto = z.output<typeof ruleDetailSchema>;

export const ruleExample: RuleDto = {
  id: '0b9e7c52-5d0c-4a58-9a0e-2f6f3f1c7a10',
  key: null,
  name: 'Loss in Berlin',
  description: null,
  enabled: true,
  severity: 'high',
  scope: { kind: 'devices', selector: { sites: ['Berlin'] } },
  expression: 'avg(icmp.loss_percent, 5m) > 20',
  condition: { metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300, op: '>', value: 20 },
  for_seconds: 60,
  recovery: {
    expression: 'avg(icmp.loss_percent, 5m) < 5',
    condition: { metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300, op: '<', value: 5 },
    for_seconds: 120,
  },
  keep_firing_seconds: 0,
  no_data: 'keep',
  group_by: ['site'],
  labels: { team: 'network' },
  message: null,
  runbook_url: 'https://wiki.example.org/loss',
  channels: [{ id: '7d4b1c1e-55f3-4f53-8a6e-2b1d9c0e7a01', name: 'ops-webhook' }],
  version: 1,
  broken_reason: null,
  broken_at: null,
  created_at: '2026-11-21T09:30:00.000Z',
  updated_at: '2026-11-21T09:30:00.000Z',
  open_alerts: { pending: 0, firing: 2 },
  missing_references: [],
};

export const ruleDetailExample: RuleDetailDto = { ...ruleExample, notes: [] };

/** A body that makes it. */
export const ruleBodyExample = {
  name: 'Loss in Berlin',
  severity: 'high',
  scope: { sites: ['Berlin'] },
  expression: 'avg(icmp.loss_percent, 5m) > 20',
  for_seconds: 60,
  recovery: { expression: 'avg(icmp.loss_percent, 5m) < 5', for_seconds: 120 },
  labels: { team: 'network' },
  runbook_url: 'https://wiki.example.org/loss',
  channels: ['ops-webhook'],
};
export const changeExample = { severity: 'critical', for_seconds: 30 } satisfies RuleChanges;

export const ruleParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type RuleParams = z.output<typeof ruleParams>;

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const rulesQuery = listQuery({
  item: ruleSchema,
  sort: ['name', 'created_at', 'updated_at', 'severity'],
  defaultSort: 'name',
  search: 'the name, description and expression',
  filters: {
    severity: z.enum(SEVERITIES).optional(),
    enabled: flag.optional(),
    broken: flag.optional().describe('Those that were switched off because evaluating them failed.'),
    kind: z.enum(['devices', 'swarm', 'self']).optional().describe('What they are about.'),
  },
});
export type RulesQuery = z.output<typeof rulesQuery>;

const { properties } = z.toJSONSchema(createRuleBody, { io: 'input', unrepresentable: 'any' });
/** Anything: what is wrong with it is the answer. */
export const validateBody = z
  .record(z.string(), z.unknown())
  .meta({ description: 'As for POST /api/v1/alert-rules; `name` may be missing.', properties });

export const validationSchema = z.strictObject({
  valid: z.boolean(),
  expression: z.string().nullable(),
  condition: condition.nullable(),
  scope: scopeSchema.nullable(),
  problems: z.array(
    z.strictObject({
      path: z.string(),
      message: z.string(),
      position: z.int().nullable().describe('In the text at `path`, from 0; null for what is no text.'),
      length: z.int().nullable().describe('Of what is wrong there, in characters.'),
    }),
  ),
  notes,
  targets: z.int().nullable().describe('How many devices, services, … it means now; null when it is not valid.'),
});
export type ValidationDto = z.output<typeof validationSchema>;

export const validationExample: ValidationDto = {
  valid: false,
  expression: 'icmp.rtt > 100',
  condition: { metric: 'icmp.rtt', op: '>', value: 100 },
  scope: { kind: 'devices', selector: { all: true } },
  problems: [
    { path: 'expression', message: 'There is no metric icmp.rtt. Did you mean icmp.rtt_ms?', position: 0, length: 8 },
  ],
  notes: [],
  targets: null,
};

export const metricsSchema = z.array(
  z.strictObject({
    name: z.string().describe('`snmp.*` stands for every item, by its name: `snmp."CPU load"`.'),
    target: z.string().describe('What a value is about.'),
    scope_kind: z.enum(['devices', 'swarm', 'self']),
    unit: z.string().nullable(),
    description: z.string(),
    aggregations: z.array(z.enum(AGGREGATIONS)),
    longest_window_seconds: z.int().nullable().describe('null: it has no windows, or none too long.'),
    has_history: z.boolean().describe('Whether a backtest can ask what it was.'),
  }),
);
export const metricsExample: z.output<typeof metricsSchema> = [
  {
    name: 'icmp.loss_percent',
    target: 'device',
    scope_kind: 'devices',
    unit: 'percent',
    description: 'Pings without an answer.',
    aggregations: ['last', 'avg', 'min', 'max'],
    longest_window_seconds: 600,
    has_history: true,
  },
];
