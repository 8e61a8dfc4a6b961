import { z } from 'zod';
import { listQuery } from '../../platform/http/list-query.js';
import { NO_CHANGE, someChange } from '../inventory/inventory.dto.js';
import { itemBody, itemShape, TRANSFORMS, VALUE_TYPES } from './item-fields.js';

export const itemSchema = z.strictObject({
  id: z.uuid(),
  device_id: z.uuid(),
  device_name: z.string(),
  template_id: z.uuid().nullable().describe('The template that made it; null: the device has it by itself.'),
  template_name: z.string().nullable(),
  name: z.string(),
  oid: z.string(),
  value_type: z.enum(VALUE_TYPES),
  transform: z.enum(TRANSFORMS),
  units: z.string().nullable(),
  interval_seconds: z.int().nullable(),
  enabled: z.boolean(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type ItemDto = z.output<typeof itemSchema>;

export const itemExample: ItemDto = {
  id: '3f6f5a52-3a86-4a55-9a0e-3a1f0b7b7d10',
  device_id: '8c1b6d5e-0f0f-4a3b-9a53-2f4f5f0a9c01',
  device_name: 'core-1',
  template_id: null,
  template_name: null,
  name: 'uplink in',
  oid: '1.3.6.1.2.1.31.1.1.1.6.1',
  value_type: 'number',
  transform: 'rate',
  units: 'B/s',
  interval_seconds: null,
  enabled: true,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:00.000Z',
};

export const createItemBody = itemBody.safeExtend({ enabled: z.boolean().default(true) });
export type CreateItemBody = z.output<typeof createItemBody>;

export const updateItemBody = z
  .strictObject({ ...itemShape, enabled: z.boolean() })
  .partial()
  .refine(someChange, NO_CHANGE);
export type UpdateItemBody = z.output<typeof updateItemBody>;

export const idParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type IdParams = z.output<typeof idParams>;

const list = {
  item: itemSchema,
  sort: ['name', 'device_name', 'oid', 'created_at'],
  search: 'the name and the OID',
} as const;
const common = {
  template: z.string().min(1).max(200).optional().describe('Id or name of a template.'),
  enabled: z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .optional(),
};

export const itemsQuery = listQuery({
  ...list,
  defaultSort: 'device_name',
  filters: { device: z.string().min(1).max(200).optional().describe('Id or name of a device.'), ...common },
});
export type ItemsQuery = z.output<typeof itemsQuery>;

export const deviceItemsQuery = listQuery({ ...list, defaultSort: 'name', filters: common });
export type DeviceItemsQuery = z.output<typeof deviceItemsQuery>;
