import { z } from 'zod';
import { listQuery } from '../../platform/http/list-query.js';
import { NO_CHANGE, someChange } from '../inventory/inventory.dto.js';
import { selectorSchema } from '../selector.js';
import { itemBody, TRANSFORMS, VALUE_TYPES } from './item-fields.js';

const MAX_ITEMS = 200;

const templateItemSchema = z.strictObject({
  name: z.string(),
  oid: z.string(),
  value_type: z.enum(VALUE_TYPES),
  transform: z.enum(TRANSFORMS),
  units: z.string().nullable(),
  interval_seconds: z.int().nullable(),
});

export const templateSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  description: z.string().nullable(),
  items: z.array(templateItemSchema),
  device_count: z.int().min(0).describe('How many devices have it.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type TemplateDto = z.output<typeof templateSchema>;

export const applicationSchema = z.strictObject({
  dry_run: z.boolean().describe('true: this is what would be done.'),
  devices: z.int().describe('How many devices it was about.'),
  devices_changed: z.int().describe('Those of them that did not have the template before, or no longer have it.'),
  items_added: z.int(),
  items_changed: z.int(),
  items_removed: z.int(),
  conflicts: z.int().describe('Items left out because the device has another one of that name, which is kept.'),
  conflict_examples: z.array(z.strictObject({ device_id: z.uuid(), device_name: z.string(), item_name: z.string() })),
});
export type ApplicationDto = z.output<typeof applicationSchema>;

export const changedTemplateSchema = templateSchema.extend({
  changes: applicationSchema.describe('What it changed on the devices that have the template.'),
});

export const templateExample: TemplateDto = {
  id: '7a1f0c0e-90f4-4b57-8b1c-0d8c1f3f7e55',
  name: 'interfaces',
  description: 'Traffic of the uplink',
  items: [
    {
      name: 'uplink in',
      oid: '1.3.6.1.2.1.31.1.1.1.6.1',
      value_type: 'number',
      transform: 'rate',
      units: 'B/s',
      interval_seconds: null,
    },
  ],
  device_count: 40,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:00.000Z',
};

export const applicationExample: ApplicationDto = {
  dry_run: false,
  devices: 40,
  devices_changed: 40,
  items_added: 39,
  items_changed: 0,
  items_removed: 0,
  conflicts: 1,
  conflict_examples: [
    { device_id: '8c1b6d5e-0f0f-4a3b-9a53-2f4f5f0a9c01', device_name: 'core-1', item_name: 'uplink in' },
  ],
};

const name = z.string().trim().min(1).max(100);
const description = z.string().trim().max(2_000).nullable();
const items = z
  .array(itemBody)
  .max(MAX_ITEMS, `Must be at most ${MAX_ITEMS} items.`)
  .superRefine((all, context) => {
    const seen = new Set<string>();
    for (const [index, { name: itemName }] of all.entries()) {
      if (seen.has(itemName))
        context.issues.push({
          code: 'custom',
          path: [index, 'name'],
          message: 'Stands twice in the list.',
          input: all,
        });
      seen.add(itemName);
    }
  })
  .describe('Told apart by their names.');

export const createTemplateBody = z.strictObject({
  name,
  description: description.default(null),
  items: items.default([]),
});
export type CreateTemplateBody = z.output<typeof createTemplateBody>;

export const updateTemplateBody = z
  .strictObject({ name: name.optional(), description: description.optional(), items: items.optional() })
  .refine(someChange, NO_CHANGE);
export type UpdateTemplateBody = z.output<typeof updateTemplateBody>;

export const applyTemplateBody = z.strictObject({
  selector: selectorSchema,
  dry_run: z.boolean().default(false).describe('Only tells what would be done.'),
});
export type ApplyTemplateBody = z.output<typeof applyTemplateBody>;

export const templatesQuery = listQuery({
  item: templateSchema,
  sort: ['name', 'created_at'],
  defaultSort: 'name',
  search: 'the name',
});
export type TemplatesQuery = z.output<typeof templatesQuery>;
