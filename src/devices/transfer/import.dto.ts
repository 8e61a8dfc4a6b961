import { z } from 'zod';
import { DEVICE_FIELDS } from '../inventory/device-rules.js';
import { MAX_ROWS } from './import-rows.js';

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');

export const importQuery = z.strictObject({
  atomic: flag.describe('Any refused row undoes all of it.'),
  dry_run: flag.describe('Tells what would happen, and changes nothing.'),
  on_duplicate: z
    .enum(['refuse', 'update', 'skip'])
    .default('refuse')
    .describe(
      'What becomes of a row whose address a device has: `update` changes what the row says and keeps the rest.',
    ),
  create_sites: flag.describe('Makes sites that rows name and that there are none of.'),
  rows: z.enum(['failed', 'all']).default('failed').describe('Which rows are told, at most 10,000.'),
});
export type ImportQuery = z.output<typeof importQuery>;

export const importBody = z.strictObject({
  devices: z
    .array(z.unknown())
    .max(MAX_ROWS, `Must be at most ${MAX_ROWS} devices.`)
    .describe(`With: ${DEVICE_FIELDS.join(', ')}.`),
});
export type ImportBody = z.output<typeof importBody>;

export const importSchema = z.strictObject({
  total: z.int(),
  created: z.int(),
  updated: z.int(),
  skipped: z.int(),
  failed: z.int(),
  sites_created: z.int(),
  atomic: z.boolean(),
  dry_run: z.boolean(),
  committed: z.boolean(),
  rows: z.array(
    z.strictObject({
      row: z.int().describe('From 1 on, without the header.'),
      line: z.int().nullable().describe('Of the file.'),
      status: z.enum(['created', 'updated', 'skipped', 'failed']),
      id: z.uuid().nullable().describe('null unless it is committed.'),
      name: z.string().nullable(),
      ip: z.string().nullable(),
      errors: z.array(z.strictObject({ path: z.string(), message: z.string(), code: z.string() })),
    }),
  ),
  rows_truncated: z.boolean(),
});
export type ImportDto = z.output<typeof importSchema>;

export const importExample: ImportDto = {
  total: 2,
  created: 1,
  updated: 0,
  skipped: 0,
  failed: 1,
  sites_created: 0,
  atomic: false,
  dry_run: false,
  committed: true,
  rows: [
    {
      row: 2,
      line: 3,
      status: 'failed',
      id: null,
      name: 'edge-1',
      ip: '10.0.0.5',
      errors: [
        { path: 'ip', message: 'The address 10.0.0.5 is used by device "core-sw-1".', code: 'duplicate_address' },
      ],
    },
  ],
  rows_truncated: false,
};
