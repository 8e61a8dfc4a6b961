import { z } from 'zod';
import { MAX_RULES } from './alert-rules.store.js';
import { createRuleBody } from './rule-fields.js';

const flag = (byDefault: 'true' | 'false') =>
  z
    .enum(['true', 'false'])
    .default(byDefault)
    .transform((text) => text === 'true');

export const exportQuery = z.strictObject({
  format: z.enum(['yaml', 'json']).default('yaml'),
  ids: z
    .string()
    .min(1)
    .max(37 * MAX_RULES)
    .transform((text) => text.split(','))
    .pipe(z.array(z.uuid('Must be UUIDs, separated by commas.')))
    .optional()
    .describe('Of rules, separated by commas; without it all of them.'),
});
export type ExportQuery = z.output<typeof exportQuery>;

export const importQuery = z.strictObject({
  atomic: flag('true').describe('Any refused rule undoes all of it.'),
  dry_run: flag('false').describe('Tells what would happen, and changes nothing.'),
  on_duplicate: z
    .enum(['skip', 'update'])
    .default('skip')
    .describe(
      'What becomes of a rule whose name there is already: `update` makes it as the file says, the whole of it.',
    ),
});
export type ImportQuery = z.output<typeof importQuery>;

export const importBody = z.strictObject({
  rules: z
    .array(z.unknown())
    .max(MAX_RULES, `Must be at most ${MAX_RULES} rules.`)
    .describe(`With: ${Object.keys(createRuleBody.shape).join(', ')}.`),
});
export type ImportBody = z.output<typeof importBody>;

/** With `format=json`: a body that the import takes as it is. */
export const exportSchema = z.strictObject({ rules: z.array(z.record(z.string(), z.unknown())) });
export const exportExample: z.output<typeof exportSchema> = {
  rules: [
    {
      name: 'Loss in Berlin',
      enabled: true,
      severity: 'high',
      scope: { sites: ['Berlin'] },
      expression: 'avg(icmp.loss_percent, 5m) > 20',
      for_seconds: 60,
      recovery: { expression: 'avg(icmp.loss_percent, 5m) < 5', for_seconds: 120 },
      channels: ['ops-webhook'],
    },
  ],
};
/** The same as YAML. */
export const yamlExample = `rules:
  - name: Loss in Berlin
    enabled: true
    severity: high
    scope:
      sites:
        - Berlin
    expression: avg(icmp.loss_percent, 5m) > 20
    for_seconds: 60
    recovery:
      expression: avg(icmp.loss_percent, 5m) < 5
      for_seconds: 120
    channels:
      - ops-webhook
`;

const status = z.enum(['created', 'updated', 'unchanged', 'skipped', 'failed']);

export const importSchema = z.strictObject({
  total: z.int(),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  skipped: z.int(),
  failed: z.int(),
  atomic: z.boolean(),
  dry_run: z.boolean(),
  committed: z.boolean(),
  rules: z.array(
    z.strictObject({
      rule: z.int().describe('From 1 on.'),
      line: z.int().nullable().describe('Of the file; null in JSON.'),
      status,
      id: z.uuid().nullable().describe('null for a rule that was not made.'),
      name: z.string().nullable(),
      errors: z.array(
        z.strictObject({
          path: z.string(),
          message: z.string(),
          code: z.string(),
          position: z.int().nullable().describe('In the text at `path`, from 0.'),
          line: z.int().nullable().describe('Of the file.'),
        }),
      ),
    }),
  ),
});
export type ImportDto = z.output<typeof importSchema>;

export const importExample: ImportDto = {
  total: 1,
  created: 0,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  failed: 1,
  atomic: false,
  dry_run: true,
  committed: false,
  rules: [
    {
      rule: 1,
      line: 2,
      status: 'failed',
      id: null,
      name: 'Loss in Berlin',
      errors: [
        {
          path: 'scope.sites.0',
          message: 'There is no site "Berlin".',
          code: 'validation_failed',
          position: null,
          line: 7,
        },
      ],
    },
  ],
};
