import { z } from 'zod';
import { selectorSchema } from '../selector.js';
import { deviceExample } from './devices.dto.js';
import { deviceFieldSchemas } from './device-rules.js';
import { customValues, tags } from './device-words.js';

/** How many devices an answer shows; their number is always whole. */
export const MAX_SHOWN = 100;

const {
  enabled,
  vendor,
  device_type,
  device_subtype,
  model,
  location,
  description,
  site,
  profile,
  parent,
  snmp_credential,
} = deviceFieldSchemas;
const { check_kind, port, expected_status, expected_body, refused_is_up, verify_tls, snmp_port } = deviceFieldSchemas;

const patch = z
  .strictObject({
    enabled,
    vendor,
    device_type,
    device_subtype,
    model,
    location,
    description,
    site,
    profile,
    parent,
    snmp_credential,
    check_kind,
    port,
    expected_status,
    expected_body,
    refused_is_up,
    verify_tls,
    snmp_port,
    tags: tags.optional().describe('Replaces all tags.'),
    add_tags: tags.optional(),
    remove_tags: tags.optional(),
    custom_fields: customValues
      .optional()
      .describe('These keys are set, those that are null removed, all others stay.'),
  })
  .refine((changes) => Object.keys(changes).length > 0, { error: 'Must name at least one change.' })
  .refine(({ tags: all, add_tags, remove_tags }) => !all || (!add_tags && !remove_tags), {
    error: 'Give `tags`, or what to add and remove, not both.',
  });
export type BulkPatch = z.output<typeof patch>;

const dry_run = z.boolean().default(false).describe('Nothing is changed; the answer is what would be.');

export const bulkPatchBody = z.strictObject({ selector: selectorSchema, patch, dry_run });
export type BulkPatchBody = z.output<typeof bulkPatchBody>;
export const bulkBody = z.strictObject({ selector: selectorSchema, dry_run });
export type BulkBody = z.output<typeof bulkBody>;

const values = z.record(z.string(), z.unknown());
export const bulkResultSchema = z.strictObject({
  dry_run: z.boolean(),
  matched: z.int().describe('How many devices the selector means.'),
  changed: z.int().describe('How many of them are different now, or would be.'),
  devices: z
    .array(z.strictObject({ id: z.uuid(), name: z.string(), before: values, after: values }))
    .describe(`The first ${MAX_SHOWN} that change, by name, with the columns that do.`),
});
export type BulkResult = z.output<typeof bulkResultSchema>;

export const bulkDeletionSchema = z.strictObject({
  dry_run: z.boolean(),
  deleted: z.int().describe('How many devices are gone, or would be.'),
  devices: z
    .array(z.strictObject({ id: z.uuid(), name: z.string(), ip: z.string() }))
    .describe(`The first ${MAX_SHOWN}, by name.`),
});
export type BulkDeletion = z.output<typeof bulkDeletionSchema>;

const { id, name, ip } = deviceExample;
export const bulkResultExample: BulkResult = {
  dry_run: true,
  matched: 12,
  changed: 1,
  devices: [{ id, name, before: { location: 'Rack 3' }, after: { location: 'Rack 4' } }],
};
export const bulkDeletionExample: BulkDeletion = { dry_run: true, deleted: 1, devices: [{ id, name, ip }] };
