import { z } from 'zod';
import { SEVERITIES } from '../../alerts/severity.js';
import { instant } from '../../platform/http/instant.js';
import { listQuery } from '../../platform/http/list-query.js';
import { CHANNEL_KINDS } from '../channels/channel-driver.port.js';
import { DELIVERY_KINDS, DELIVERY_STATES, DROP_REASONS } from '../dispatch/delivery.js';

export const deliverySchema = z.strictObject({
  id: z.uuid().describe('The idempotency key of all its attempts.'),
  channel: z.strictObject({
    id: z.uuid().nullable().describe('Null when the channel is deleted.'),
    name: z.string(),
    kind: z.enum(CHANNEL_KINDS),
  }),
  kind: z.enum(DELIVERY_KINDS),
  severity: z.enum(SEVERITIES).describe('The worst of its alerts.'),
  group_labels: z.record(z.string(), z.string()).describe('What its alerts have in common.'),
  title: z.string().nullable().describe('Null until the first attempt: until then it gathers alerts.'),
  state: z.enum(DELIVERY_STATES),
  alert_count: z.int().nonnegative().describe('Those left out not counted.'),
  attempts: z.int().nonnegative(),
  uncertain: z.boolean().describe('An attempt whose outcome is not known may have arrived.'),
  held: z.boolean().describe('It waits, or waited, for the end of quiet hours.'),
  next_attempt_at: z.iso.datetime().nullable(),
  give_up_at: z.iso.datetime(),
  last_status: z.int().nullable(),
  last_error: z.string().nullable(),
  requested_by: z.string().nullable().describe('Who asked for the test, or for the last retry.'),
  created_at: z.iso.datetime(),
  first_attempt_at: z.iso.datetime().nullable(),
  finished_at: z.iso.datetime().nullable(),
});
export type DeliveryDto = z.output<typeof deliverySchema>;

export const deliveryExample: DeliveryDto = {
  id: '3f0d3b62-7a1e-4b52-9a34-5f5f8e0c1d21',
  channel: { id: '7d4b1c1e-55f3-4f53-8a6e-2b1d9c0e7a01', name: 'ops-webhook', kind: 'webhook' },
  kind: 'firing',
  severity: 'critical',
  group_labels: { site: 'Berlin' },
  title: '12 alerts in Berlin: Device down',
  state: 'retrying',
  alert_count: 12,
  attempts: 2,
  uncertain: false,
  held: false,
  next_attempt_at: '2026-11-21T09:30:07.512Z',
  give_up_at: '2026-11-22T09:30:01.000Z',
  last_status: 503,
  last_error: 'The receiver answered 503.',
  requested_by: null,
  created_at: '2026-11-21T09:29:56.000Z',
  first_attempt_at: '2026-11-21T09:30:01.020Z',
  finished_at: null,
};

export const deliveryDetailSchema = deliverySchema.extend({
  alerts: z
    .array(
      z.strictObject({
        id: z.uuid(),
        rule_name: z.string(),
        target_name: z.string(),
        severity: z.enum(SEVERITIES),
        state: z.string().describe('Of the alert now.'),
        at: z.iso.datetime().describe('When that happened which is told.'),
        dropped: z.enum(DROP_REASONS).nullable().describe('Why it was left out.'),
      }),
    )
    .describe('At most 500, in the order in which they came.'),
  attempt_log: z
    .array(
      z.strictObject({
        number: z.int(),
        at: z.iso.datetime(),
        duration_ms: z.int(),
        outcome: z.enum(['delivered', 'refused', 'unknown']),
        status: z.int().nullable(),
        error: z.string().nullable(),
        response: z.string().nullable(),
      }),
    )
    .describe('The last 200, newest first.'),
});
export type DeliveryDetail = z.output<typeof deliveryDetailSchema>;

export const deliveryDetailExample: DeliveryDetail = {
  ...deliveryExample,
  alerts: [
    {
      id: '6f6d5f0a-8d1e-4c55-bb7e-9a0a3f3f0c31',
      rule_name: 'Device down',
      target_name: 'core-sw-1',
      severity: 'critical',
      state: 'firing',
      at: '2026-11-21T09:29:56.000Z',
      dropped: null,
    },
  ],
  attempt_log: [
    {
      number: 2,
      at: '2026-11-21T09:30:03.110Z',
      duration_ms: 41,
      outcome: 'refused',
      status: 503,
      error: 'The receiver answered 503.',
      response: 'maintenance',
    },
  ],
};

export const deliveryParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type DeliveryParams = z.output<typeof deliveryParams>;

const time = instant('2026-11-21T09:30:00Z');
const several = <T extends string>(words: readonly [T, ...T[]]) =>
  z
    .string()
    .max(200)
    .transform((text) => text.split(',').map((word) => word.trim()))
    .pipe(z.array(z.enum(words, { error: `Must be out of ${words.join(', ')}, comma-separated.` })).min(1))
    .optional();

export const deliveriesQuery = listQuery({
  item: deliverySchema,
  sort: ['created_at'],
  defaultSort: '-created_at',
  filters: {
    state: several(DELIVERY_STATES).describe('Comma-separated.'),
    kind: several(DELIVERY_KINDS).describe('Comma-separated.'),
    channel: z.string().min(1).max(200).optional().describe('Id or name of a channel.'),
    alert: z.uuid('Must be a UUID.').optional().describe('Id of an alert.'),
    from: time.optional().describe('Made at this time or later.'),
    to: time.optional().describe('Made before this time.'),
  },
});
export type DeliveriesQuery = z.output<typeof deliveriesQuery>;
