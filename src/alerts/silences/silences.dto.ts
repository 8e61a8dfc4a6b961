import { z } from 'zod';
import { instant } from '../../platform/http/instant.js';
import { listQuery } from '../../platform/http/list-query.js';
import { lineText } from '../../platform/http/plain-text.js';
import { GLOB_LIMITS } from '../engine/glob.js';
import { compileMatchers } from '../engine/match-silence.js';
import { MATCH_OPERATORS } from '../engine/matcher.js';
import { LONGEST_SECONDS } from './silence-times.js';

const MAX_MATCHERS = 20;

const matcher = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/, 'Must be the name of a label: letters, digits and `_`, `.`, `-`.')
      .describe(
        'A label: `rule`, `severity`, `target`, `target_kind`, `device`, `device_id`, `ip`, `check_kind`, `site`, `region`, `tag`, or one of ' +
          'the rule or the target. One that an alert does not have is empty.',
      ),
    op: z
      .enum(MATCH_OPERATORS)
      .default('=')
      .describe('`~` and `!~`: a text in which `*` stands for any text; case does not matter.'),
    value: z.string().max(GLOB_LIMITS.length),
  })
  .refine(({ op, value }) => !op.endsWith('~') || value.split('*').length - 1 <= GLOB_LIMITS.stars, {
    error: `Must have at most ${GLOB_LIMITS.stars} \`*\`.`,
    path: ['value'],
  });

export const silenceSchema = z.strictObject({
  id: z.uuid(),
  matchers: z.array(matcher).describe('All of them must match.'),
  state: z.enum(['pending', 'active', 'ended']),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  author: z.string().nullable().describe('The name of the token it was made with.'),
  comment: z.string().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type SilenceDto = z.output<typeof silenceSchema>;

export const silenceDetailSchema = silenceSchema.extend({
  matching_alerts: z
    .int()
    .nonnegative()
    .describe('How many open alerts its matchers mean now, also while it is not active.'),
  warnings: z.array(z.string()).describe('Names of labels that no rule and no open alert has.'),
});
export type SilenceDetailDto = z.output<typeof silenceDetailSchema>;

export const silenceExample: SilenceDto = {
  id: 'b1c7ad0e-6a3f-4f0e-9b8a-3a1f3f8f2c10',
  matchers: [
    { name: 'site', op: '=', value: 'Berlin' },
    { name: 'rule', op: '~', value: 'Round trip*' },
  ],
  state: 'active',
  starts_at: '2026-11-21T09:30:00.000Z',
  ends_at: '2026-11-21T11:30:00.000Z',
  author: 'anna',
  comment: 'Provider works on the line',
  created_at: '2026-11-21T09:30:00.000Z',
  updated_at: '2026-11-21T09:30:00.000Z',
};
export const silenceDetailExample: SilenceDetailDto = { ...silenceExample, matching_alerts: 12, warnings: [] };

const time = instant('2026-11-21T11:30:00Z');
const fields = {
  matchers: z
    .array(matcher)
    .min(1, 'Must be at least one matcher.')
    .max(MAX_MATCHERS)
    .refine((matchers) => !compileMatchers(matchers)({}), {
      error:
        'Would match every alert that does not have these labels. At least one matcher must not match the empty text, such as ' +
        '{"name": "site", "op": "!=", "value": ""}: any site.',
    })
    .describe('All of them must match, and at least one of them not the empty text.'),
  starts_at: time.describe('Default: now.'),
  ends_at: time.describe('At most a year after `starts_at`.'),
  duration_seconds: z
    .int()
    .min(1)
    .max(LONGEST_SECONDS)
    .describe('Instead of `ends_at`: how long it is from its start.'),
  comment: lineText(2_000, 0).nullable(),
};
const ends = { error: 'Give `ends_at` or `duration_seconds`, not both.', path: ['duration_seconds'] };

export const createSilenceBody = z
  .strictObject({
    ...fields,
    starts_at: fields.starts_at.optional(),
    ends_at: fields.ends_at.optional(),
    duration_seconds: fields.duration_seconds.optional(),
    comment: fields.comment.default(null),
  })
  .refine(({ ends_at, duration_seconds }) => ends_at === undefined || duration_seconds === undefined, ends)
  .refine(({ ends_at, duration_seconds }) => ends_at !== undefined || duration_seconds !== undefined, {
    error: 'Must be given, or `duration_seconds`.',
    path: ['ends_at'],
  });
export type CreateSilenceBody = z.output<typeof createSilenceBody>;

export const changeSilenceBody = z
  .strictObject(fields)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, { error: 'Must name at least one change.' })
  .refine(({ ends_at, duration_seconds }) => ends_at === undefined || duration_seconds === undefined, ends);
export type ChangeSilenceBody = z.output<typeof changeSilenceBody>;

export const silenceParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type SilenceParams = z.output<typeof silenceParams>;

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const silencesQuery = listQuery({
  item: silenceSchema,
  sort: ['starts_at', 'ends_at', 'created_at'],
  defaultSort: '-starts_at',
  search: 'the comment, the author and the matchers',
  filters: { active: flag.optional(), state: silenceSchema.shape.state.optional() },
});
export type SilencesQuery = z.output<typeof silencesQuery>;
