import { z } from 'zod';
import { instant } from '../../platform/http/instant.js';
import { lineText } from '../../platform/http/plain-text.js';
import { listQuery } from '../../platform/http/list-query.js';
import { ALERT_EVENT_KINDS, RESOLUTIONS, SUPPRESSIONS } from '../engine/alert.js';
import { SEVERITIES, type Severity } from '../severity.js';
import { ALERT_STATES } from './alert-filter.js';

const nullableTime = z.iso.datetime().nullable();

export const alertSchema = z.strictObject({
  id: z.uuid(),
  state: z
    .enum(['pending', 'firing', 'resolved'])
    .describe('`pending`: its condition holds, but not yet for as long as its rule asks for.'),
  severity: z.enum(SEVERITIES),
  rule_id: z.uuid().nullable().describe('Null when the rule is deleted.'),
  rule_name: z.string(),
  rule_version: z.int(),
  summary: z.string(),
  value: z.number().nullable().describe('Of the first metric of its condition, when it last said something new.'),
  target_kind: z.string().describe('`device`, `swarm`, `node`, `service`, `self`, `queue`, `rule` or `channel`.'),
  target_key: z.string().describe('Id of what it is about.'),
  target_name: z.string(),
  device_id: z.uuid().nullable(),
  site_id: z.uuid().nullable(),
  site_name: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  runbook_url: z.string().nullable(),
  pending_since: z.iso.datetime(),
  fired_at: nullableTime,
  resolved_at: nullableTime,
  resolution: z.enum(RESOLUTIONS).nullable().describe('Why it ended.'),
  resolved_by: z.string().nullable().describe('Who resolved it by hand.'),
  acknowledgement: z
    .strictObject({
      by: z.string().nullable(),
      at: z.iso.datetime(),
      until: nullableTime.describe('Null: until it is resolved.'),
      sticky: z.boolean().describe('Also for the same alert when it opens again: until `until`, or for a day.'),
      comment: z.string().nullable(),
    })
    .nullable()
    .describe('Null: nobody has it in hand, or not any more.'),
  suppressed_by: z.enum(SUPPRESSIONS).nullable().describe('Why it does not open, or is not told.'),
  suppressed_id: z.uuid().nullable().describe('Of the silence.'),
  announced_at: nullableTime.describe('When its opening was given out to be told; null: nobody was told.'),
  evaluated_at: z.iso.datetime().describe('When its value and summary were taken.'),
  updated_at: z.iso.datetime(),
});
export type AlertDto = z.output<typeof alertSchema>;

export const alertExample: AlertDto = {
  id: '5b0e6b60-8d0d-4b55-9c2c-2f6a0a2f7d31',
  state: 'firing',
  severity: 'critical',
  rule_id: 'c1f7a1de-1b66-4b53-8a0d-7a5a0a0f9e10',
  rule_name: 'Device down',
  rule_version: 1,
  summary: 'Router Riverside has been down for 1 min',
  value: 61.3,
  target_kind: 'device',
  target_key: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10',
  target_name: 'Router Riverside',
  device_id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10',
  site_id: '2f0a4c53-9d0e-4d1f-8c3a-2b100b9c1f7e',
  site_name: 'Berlin',
  labels: { rule: 'Device down', severity: 'critical', device: 'Router Riverside', site: 'Berlin' },
  runbook_url: null,
  pending_since: '2026-11-21T12:00:31.000Z',
  fired_at: '2026-11-21T12:01:01.000Z',
  resolved_at: null,
  resolution: null,
  resolved_by: null,
  acknowledgement: { by: 'ops', at: '2026-11-21T12:03:10.118Z', until: null, sticky: false, comment: 'On my way' },
  suppressed_by: null,
  suppressed_id: null,
  announced_at: '2026-11-21T12:01:01.000Z',
  evaluated_at: '2026-11-21T12:01:01.000Z',
  updated_at: '2026-11-21T12:03:10.118Z',
};

export const alertEventSchema = z.strictObject({
  id: z.string(),
  at: z.iso.datetime(),
  kind: z.enum(ALERT_EVENT_KINDS),
  actor: z.string().nullable().describe('Name of the token that did it; null when it happened by itself.'),
  detail: z.record(z.string(), z.unknown()).nullable(),
});
export type AlertEventDto = z.output<typeof alertEventSchema>;

export const alertEventExample: AlertEventDto = {
  id: '1187',
  at: '2026-11-21T12:03:10.118Z',
  kind: 'acknowledged',
  actor: 'ops',
  detail: { until: null, sticky: false, comment: 'On my way' },
};

export const alertParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type AlertParams = z.output<typeof alertParams>;

const word = z.string().min(1).max(200);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const time = instant('2026-11-21T00:00:00Z');
const SEVERITY_LIST = `Must be severities with commas between: ${SEVERITIES.join(', ')}.`;

/** Of a time that ends before it begins nobody would see why nothing is found. */
const NO_TIME = { path: ['from'], error: 'Must be before `to`.' };
/** Whether there is anything between the two. */
function hasTime({ from, to }: { from?: string | undefined; to?: string | undefined }): boolean {
  return from === undefined || to === undefined || Date.parse(from) < Date.parse(to);
}

/** What both a list and a bulk request may be narrowed by. */
const narrowing = {
  rule: word.optional().describe('Id or name of its rule.'),
  device: word.optional().describe('Id or name of the device.'),
  site: word.optional().describe('Id or name of a site of the inventory; what lies below it counts as well.'),
  tag: z.string().trim().toLowerCase().min(1).max(200).optional().describe('That its device has now.'),
  suppressed_by: z.enum([...SUPPRESSIONS, 'none']).optional(),
  from: time.optional().describe('Fired, or when it has not, pending, not before.'),
  to: time.optional().describe('The same, before.'),
};

export const alertsQuery = listQuery({
  item: alertSchema,
  sort: ['fired_at', 'severity', 'resolved_at', 'updated_at', 'rule_name', 'target_name'],
  defaultSort: '-fired_at',
  search: 'the summary, and the names of rule, target and site',
  filters: {
    state: z.enum(ALERT_STATES).default('open').describe('`open` is pending and firing.'),
    severity: z
      .string()
      .max(100)
      .transform((text) => text.split(',').map((name) => name.trim()))
      .refine(
        (names): names is Severity[] => names.every((name) => SEVERITIES.includes(name as Severity)),
        SEVERITY_LIST,
      )
      .transform((names) => names as Severity[])
      .optional()
      .describe('One or several, with commas between.'),
    acknowledged: flag.optional(),
    ...narrowing,
  },
}).refine(({ filters }) => hasTime(filters), NO_TIME);
export type AlertsQuery = z.output<typeof alertsQuery>;

export const alertEventsQuery = listQuery({ item: alertEventSchema, sort: ['at'], defaultSort: 'at' });
export type AlertEventsQuery = z.output<typeof alertEventsQuery>;

/** A year and a day. */
const LONGEST_SECONDS = 31_622_400;
const comment = lineText(2_000, 0).nullish().describe('For those who look after you.');
const acknowledging = {
  comment,
  until: time
    .optional()
    .describe('It holds until then. Without it, and without a duration, until the alert is resolved.'),
  duration_seconds: z.int().min(1).max(LONGEST_SECONDS).optional().describe('Instead of `until`.'),
  sticky: z
    .boolean()
    .default(false)
    .describe('Holds also for the same alert when it opens again: until its end, or for a day after it was resolved.'),
};
const notBoth = ({ until, duration_seconds: seconds }: { until?: unknown; duration_seconds?: unknown }) =>
  until === undefined || seconds === undefined;
const NOT_BOTH = { error: 'Name either `until` or `duration_seconds`.', path: ['until'] };

export const ackBody = z.strictObject(acknowledging).refine(notBoth, NOT_BOTH);
export type AckBody = z.output<typeof ackBody>;

export const resolveBody = z.strictObject({ comment });
export type ResolveBody = z.output<typeof resolveBody>;

const bulkFilterSchema = z
  .strictObject({
    severity: z.array(z.enum(SEVERITIES)).min(1).max(SEVERITIES.length).optional(),
    ...narrowing,
    q: z.string().min(1).max(200).optional().describe('Text in the summary, or the names of rule, target or site.'),
  })
  .refine((filter) => Object.keys(filter).length > 0, { error: 'Must name at least one condition.' })
  .refine(hasTime, NO_TIME);

export const bulkAckBody = z
  .strictObject({
    ids: z.array(z.uuid('Must be a UUID.')).min(1).max(1_000).optional(),
    filter: bulkFilterSchema
      .optional()
      .describe('Instead of `ids`: what fires and meets all of it, and nobody has acknowledged.'),
    ...acknowledging,
  })
  .refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), {
    error: 'Name either `ids` or `filter`.',
    path: ['ids'],
  })
  .refine(notBoth, NOT_BOTH);
export type BulkAckBody = z.output<typeof bulkAckBody>;

export const bulkAckSchema = z.strictObject({
  acknowledged: z.int().nonnegative(),
  not_firing: z.array(z.uuid()).describe('Of `ids`: pending or resolved.'),
  not_found: z.array(z.uuid()).describe('Of `ids`.'),
  more: z.boolean().describe('As many as one request may have been acknowledged; there may be more. Send it again.'),
});
export type BulkAckResult = z.output<typeof bulkAckSchema>;
