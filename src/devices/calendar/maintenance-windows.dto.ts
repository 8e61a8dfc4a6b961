import { z } from 'zod';
import { instant } from '../../platform/http/instant.js';
import { listQuery } from '../../platform/http/list-query.js';
import { selectorSchema } from '../selector.js';
import { MAX_RULE_LENGTH } from './recurrence.js';

const occurrence = z.strictObject({ starts_at: z.iso.datetime(), ends_at: z.iso.datetime() });

export const maintenanceWindowSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  description: z.string().nullable(),
  scope: selectorSchema,
  device_count: z.int().nonnegative().describe('How many devices the scope means now.'),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  rrule: z.string().nullable(),
  timezone: z.string(),
  collect: z.boolean().describe('Whether its devices are probed meanwhile.'),
  counts_as_downtime: z.boolean().describe('Whether being down meanwhile counts in availability.'),
  enabled: z.boolean(),
  active: z.boolean().describe('Enabled, and now is within an occurrence.'),
  current: occurrence.nullable().describe('The occurrence that is now.'),
  created_by: z.string().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type MaintenanceWindowDto = z.output<typeof maintenanceWindowSchema>;

export const maintenanceWindowExample: MaintenanceWindowDto = {
  id: '5a6a3a38-0a52-4f5e-8a11-0f6f0b4f2f11',
  name: 'Sunday patches',
  description: null,
  scope: { sites: ['Berlin'] },
  device_count: 41,
  starts_at: '2026-11-22T01:00:00.000Z',
  ends_at: '2026-11-22T03:00:00.000Z',
  rrule: 'FREQ=WEEKLY;BYDAY=SU',
  timezone: 'Europe/Berlin',
  collect: true,
  counts_as_downtime: false,
  enabled: true,
  active: false,
  current: null,
  created_by: 'first-admin',
  created_at: '2026-11-21T09:30:00.000Z',
  updated_at: '2026-11-21T09:30:00.000Z',
};

const time = instant('2026-11-22T01:00:00Z');
const fields = {
  name: z.string().trim().min(1).max(200),
  description: z.string().trim().max(2_000).nullish(),
  scope: selectorSchema.describe('Which devices it is about, at any moment of it.'),
  starts_at: time.describe('Of the first occurrence.'),
  ends_at: time.describe('Of the first occurrence; how long it is by the clock on the wall holds for all.'),
  rrule: z
    .string()
    .min(1)
    .max(MAX_RULE_LENGTH)
    .nullish()
    .describe('RFC 5545, at most hourly; without it the window is once.'),
  timezone: z.string().max(100).describe('IANA name. Recurring windows begin and end by its clock.'),
  collect: z.boolean(),
  counts_as_downtime: z.boolean(),
  enabled: z.boolean(),
};

export const createWindowBody = z.strictObject({
  ...fields,
  timezone: fields.timezone.default('UTC'),
  collect: fields.collect.default(true),
  counts_as_downtime: fields.counts_as_downtime.default(false),
  enabled: fields.enabled.default(true),
});
export type CreateWindowBody = z.output<typeof createWindowBody>;

export const changeWindowBody = z
  .strictObject(fields)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, { error: 'Must name at least one change.' });
export type ChangeWindowBody = z.output<typeof changeWindowBody>;

export const windowParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type WindowParams = z.output<typeof windowParams>;

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const windowsQuery = listQuery({
  item: maintenanceWindowSchema,
  sort: ['name', 'starts_at', 'created_at'],
  defaultSort: '-starts_at',
  search: 'the name and description',
  filters: { active: flag.optional(), enabled: flag.optional() },
});
export type WindowsQuery = z.output<typeof windowsQuery>;

export const occurrencesSchema = z.strictObject({
  occurrences: z.array(occurrence),
  truncated: z.boolean().describe('There are more; ask again from the last one on.'),
});
export const occurrencesQuery = z.strictObject({ from: time, to: time });
export type OccurrencesQuery = z.output<typeof occurrencesQuery>;
