import { z } from 'zod';
import { lineText, plainText } from '../../platform/http/plain-text.js';
import { smallRecord } from '../../platform/http/small-record.js';
import { isOneLine } from '../../platform/http/storable-text.js';
import { conditionSchema } from '../engine/language/condition-schema.js';
import { GROUP_KEYS } from '../engine/rule.js';
import { SEVERITIES } from '../severity.js';
import { givenScopeSchema } from './rule-scope.js';

const MAX_SECONDS = 7 * 86_400;
const seconds = z
  .int(`Must be a whole number from 0 to ${MAX_SECONDS}.`)
  .min(0, 'Must be at least 0.')
  .max(MAX_SECONDS, `Must be at most ${MAX_SECONDS}, a week.`);
const expression = z
  .string()
  .min(1)
  .describe('The condition as text: `avg(icmp.loss_percent, 5m) > 20 and icmp.rtt_ms > 100`. Or give `condition`.');
/** Read when the rule is judged: mistakes in it are told like those in a text. */
const condition = z.unknown().meta({ ...conditionSchema.meta() });
const labelName = z
  .string()
  .regex(/^(?!__)[A-Za-z_][\w]{0,62}$/, 'Must be letters, digits and _, at most 63, and not begin with a digit or __.');

const recovery = z.strictObject({
  expression: expression.nullish(),
  condition: condition.optional(),
  for_seconds: seconds.default(0).describe('How long the recovery must hold.'),
});

/** What can be said about a rule, each by itself. How it goes together is for `judgeRule`. */
const ruleFields = {
  name: lineText(200),
  description: plainText(2_000).nullish(),
  enabled: z.boolean(),
  severity: z.enum(SEVERITIES),
  scope: givenScopeSchema.optional(),
  expression: expression.nullish(),
  condition: condition.optional(),
  for_seconds: seconds.describe('How long the condition must hold before it fires.'),
  recovery: recovery
    .nullish()
    .describe('When a firing alert is over, if that is more than that the condition does not hold any more.'),
  keep_firing_seconds: seconds.describe('How long it goes on firing at least after the condition held last.'),
  no_data: z
    .enum(['ok', 'alert', 'keep'])
    .describe('What an unknown value means: the condition does not hold, it does, or all stays as it is.'),
  group_by: z
    .array(z.enum(GROUP_KEYS))
    .max(GROUP_KEYS.length)
    .transform((keys) => [...new Set(keys)])
    .describe('By what alerts are put together into one notice.'),
  labels: smallRecord(labelName, lineText(200, 0), 20, 'labels'),
  message: plainText(2_000).min(1).nullish().describe('Template of what is told.'),
  runbook_url: z
    .string()
    .trim()
    .max(2_000)
    .refine(isWebAddress, 'Must be an http or https URL without spaces.')
    .nullish()
    .describe('What to do about it.'),
  channels: z
    .array(z.string().min(1).max(200))
    .max(50)
    .describe('Ids or names of channels; none: those of the routes, or the default ones.'),
};

/** A whole rule. What it leaves out is as nobody had said anything: in an import as well. */
export const createRuleBody = z.strictObject({
  ...ruleFields,
  enabled: ruleFields.enabled.optional(),
  severity: ruleFields.severity.optional(),
  for_seconds: ruleFields.for_seconds.optional(),
  keep_firing_seconds: ruleFields.keep_firing_seconds.optional(),
  no_data: ruleFields.no_data.optional(),
  group_by: ruleFields.group_by.optional(),
  labels: ruleFields.labels.optional(),
  channels: ruleFields.channels.optional(),
});
export type CreateRuleBody = z.output<typeof createRuleBody>;

export const changeRuleBody = z
  .strictObject(ruleFields)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, { error: 'Must name at least one change.' });
/** What is said of a rule: of a new one, or of changes. */
export type RuleChanges = z.output<typeof changeRuleBody>;

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  // The parser leaves out line breaks and tabs.
  return url !== null && /^https?:$/.test(url.protocol) && /^https?:\/\/\S+$/i.test(text) && isOneLine(text);
}
