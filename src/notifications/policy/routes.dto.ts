import { z } from 'zod';
import { SEVERITIES } from '../../alerts/severity.js';
import { listQuery } from '../../platform/http/list-query.js';
import { lineText } from '../../platform/http/plain-text.js';
import { smallRecord } from '../../platform/http/small-record.js';
import { WEEKDAYS } from './quiet-hours.js';

const MAX_MINUTES = 30 * 24 * 60;
const TARGET_KINDS = ['device', 'swarm', 'node', 'service', 'self', 'queue', 'rule', 'channel'] as const;

const names = z.array(z.string().trim().min(1).max(200)).min(1).max(100);
export const routeMatchers = z
  .strictObject({
    severities: z.array(z.enum(SEVERITIES)).min(1).max(SEVERITIES.length).optional(),
    target_kinds: z.array(z.enum(TARGET_KINDS)).min(1).max(TARGET_KINDS.length).optional(),
    rules: names.optional().describe('Ids or names of alert rules.'),
    sites: names.optional().describe('Ids or names of sites of the device; those below them count as well.'),
    groups: names.optional().describe('Ids or names of groups that the device is in.'),
    tags: z.array(z.string().trim().toLowerCase().min(1).max(200)).min(1).max(100).optional(),
    labels: smallRecord(z.string().min(1).max(100), z.string().max(500), 20, 'labels')
      .optional()
      .describe('Labels that the alert has.'),
  })
  .describe('Which alerts: those that meet **all** fields, each with **any** of its values. `{}` is every alert.');

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Must be a time such as 22:00.');
const quietHours = z.strictObject({
  timezone: z.string().max(100).describe('IANA name. Quiet hours begin and end by its clock.'),
  days: z.array(z.enum(WEEKDAYS)).min(1).max(7).optional().describe('Days on which they begin. Without it: every day.'),
  from: time,
  to: time.describe('Not after `from`: on the next day.'),
  except: z
    .array(z.enum(SEVERITIES))
    .max(SEVERITIES.length)
    .default(['critical'])
    .describe('Severities that are told all the same.'),
});
const channelRef = z.strictObject({ id: z.uuid(), name: z.string() });

export const routeSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  position: z.int(),
  enabled: z.boolean(),
  matchers: routeMatchers,
  channels: z.array(channelRef).describe('None: the default channels.'),
  continues: z.boolean(),
  group_wait_seconds: z.int().nullable(),
  remind_every_minutes: z.int().nullable(),
  escalate_after_minutes: z.int().nullable(),
  escalate_channels: z.array(channelRef),
  quiet_hours: quietHours.required().partial({ days: true }).nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  missing_references: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .describe('What its matchers refer to and that was deleted since.'),
});
export type RouteDto = z.output<typeof routeSchema>;

export const routeExample: RouteDto = {
  id: '0d0f64b1-6f0f-4a6e-9a52-8a3c6f9a1b11',
  name: 'Berlin by day',
  position: 100,
  enabled: true,
  matchers: { severities: ['high', 'medium'], sites: ['Berlin'] },
  channels: [{ id: '7d4b1c1e-55f3-4f53-8a6e-2b1d9c0e7a01', name: 'ops-webhook' }],
  continues: false,
  group_wait_seconds: null,
  remind_every_minutes: 240,
  escalate_after_minutes: 30,
  escalate_channels: [{ id: '2a0c0b52-1d53-4e0f-9f3d-0d6f4d1b2c02', name: 'on-call' }],
  quiet_hours: { timezone: 'Europe/Berlin', from: '22:00', to: '06:00', except: ['critical'] },
  created_at: '2026-11-21T09:30:00.000Z',
  updated_at: '2026-11-21T09:30:00.000Z',
  missing_references: [],
};

const channelRefs = z.array(z.string().trim().min(1).max(200)).max(50).describe('Ids or names of channels.');
const minutes = z.int().min(1).max(MAX_MINUTES).nullable();
const fields = {
  name: lineText(200),
  position: z.int().min(0).max(1_000_000).describe('The least is asked first.'),
  enabled: z.boolean(),
  matchers: routeMatchers,
  channels: channelRefs.describe('Ids or names of channels. None: the default channels.'),
  continues: z.boolean().describe('Whether the routes after it are asked as well.'),
  group_wait_seconds: z
    .int()
    .min(0)
    .max(3_600)
    .nullable()
    .describe(
      'How long a notice waits for others of its group; of critical alerts at most 5. Null: as SWARMWARD_GROUP_WAIT_SECONDS says.',
    ),
  remind_every_minutes: minutes.describe('Until somebody acknowledges it. Null: no reminders.'),
  escalate_after_minutes: minutes.describe('Without an acknowledgement `escalate_channels` are told as well.'),
  escalate_channels: channelRefs,
  quiet_hours: quietHours.nullable().describe('What fires waits until they end. What is over is told at any hour.'),
};

export const createRouteBody = z.strictObject({
  ...fields,
  position: fields.position.default(100),
  enabled: fields.enabled.default(true),
  matchers: fields.matchers.default({}),
  channels: fields.channels.default([]),
  continues: fields.continues.default(false),
  group_wait_seconds: fields.group_wait_seconds.default(null),
  remind_every_minutes: fields.remind_every_minutes.default(null),
  escalate_after_minutes: fields.escalate_after_minutes.default(null),
  escalate_channels: fields.escalate_channels.default([]),
  quiet_hours: fields.quiet_hours.default(null),
});
export type CreateRouteBody = z.output<typeof createRouteBody>;

export const changeRouteBody = z
  .strictObject(fields)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, { error: 'Must name at least one change.' });
export type ChangeRouteBody = z.output<typeof changeRouteBody>;

export const routeParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type RouteParams = z.output<typeof routeParams>;

export const routesQuery = listQuery({
  item: routeSchema,
  sort: ['position', 'name', 'created_at'],
  defaultSort: 'position',
  search: 'the name',
  filters: {},
});
export type RoutesQuery = z.output<typeof routesQuery>;
