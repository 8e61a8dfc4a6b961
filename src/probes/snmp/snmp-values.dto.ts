import { z } from 'zod';
import { VALUE_TYPES } from '../../devices/items/item-fields.js';
import { instant } from '../../platform/http/instant.js';
import { listQuery } from '../../platform/http/list-query.js';

const time = z.iso.datetime().nullable();

export const itemParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type ItemParams = z.output<typeof itemParams>;

export const snmpValueSchema = z.strictObject({
  device: z.strictObject({ id: z.uuid(), name: z.string() }),
  item: z.strictObject({
    id: z.uuid(),
    name: z.string(),
    oid: z.string(),
    units: z.string().nullable(),
    value_type: z.enum(VALUE_TYPES),
  }),
  value: z.number().nullable().describe('Of items of numbers. Of a rate null until it was read twice in a row.'),
  text_value: z.string().nullable().describe('Of items of text.'),
  at: time.describe('When the value was read. An error leaves it as it was.'),
  error: z
    .string()
    .nullable()
    .describe(
      'Why the last poll brought none, a stable word: `no_response`, `no_such_object`, `no_such_instance`, ' +
        '`authentication_failed`, `agent_error`, `not_a_number`, `no_credential`, `unresolvable`, `not_polled`.',
    ),
  error_detail: z.string().nullable().describe('The same for people.'),
  error_since: time,
});
export type SnmpValueDto = z.output<typeof snmpValueSchema>;

export const snmpValueExample: SnmpValueDto = {
  device: { id: '8c1b6d5e-0f0f-4a3b-9a53-2f4f5f0a9c01', name: 'core-1' },
  item: {
    id: '3f6f5a52-3a86-4a55-9a0e-3a1f0b7b7d10',
    name: 'uplink in',
    oid: '1.3.6.1.2.1.31.1.1.1.6.1',
    units: 'B/s',
    value_type: 'number',
  },
  value: 1_250_431.5,
  text_value: null,
  at: '2026-11-21T12:00:00.412Z',
  error: 'no_response',
  error_detail:
    'No answer from 10.20.0.1:161 within 4.0 s: the agent does not run, a firewall is between, or the community is wrong.',
  error_since: '2026-11-21T12:01:04.108Z',
};

export const snmpValuesQuery = listQuery({
  item: snmpValueSchema,
  sort: ['device_name', 'name', 'at'],
  defaultSort: 'device_name',
  search: 'the names of device and item, and the OID',
  filters: {
    device: z.string().min(1).max(200).optional().describe('Id or name of a device.'),
    site: z.string().min(1).max(200).optional().describe('Id or name of a site; what is below it counts.'),
    error: z
      .enum(['true', 'false'])
      .transform((word) => word === 'true')
      .optional()
      .describe('Whether the last poll of the item failed.'),
  },
});
export type SnmpValuesQuery = z.output<typeof snmpValuesQuery>;

export const itemHistorySchema = z.strictObject({
  at: z.iso.datetime(),
  value: z.number().nullable(),
  status: z
    .enum(['ok', 'failed', 'unknown'])
    .describe('`unknown`: it was read, but a rate needs two readings in a row.'),
});
export type ItemHistoryDto = z.output<typeof itemHistorySchema>;

export const itemHistoryExample: ItemHistoryDto = { at: '2026-11-21T12:00:00.412Z', value: 1_250_431.5, status: 'ok' };

export const itemHistoryQuery = listQuery({
  item: itemHistorySchema,
  sort: ['at'],
  defaultSort: '-at',
  filters: {
    from: instant('2026-11-21T00:00:00Z').optional().describe('Not before; a day before `to` without it.'),
    to: instant('2026-11-22T00:00:00Z').optional().describe('Before; now without it.'),
  },
});
export type ItemHistoryQuery = z.output<typeof itemHistoryQuery>;
