import { z } from 'zod';
import { CHECK_KINDS } from '../check-kind.js';
import { cellOf, EXPORT_COLUMNS } from './csv-cells.js';
import { devicesQuery, type DevicesQuery } from '../inventory/devices.dto.js';

const {
  limit: _limit,
  cursor: _cursor,
  sort: _sort,
  fields: _fields,
  ...filters
} = (devicesQuery.in as z.ZodObject).shape;

export const exportQuery = z
  .strictObject({ format: z.enum(['csv', 'json']).default('csv'), ...filters })
  .transform((values) => {
    const { format, q, ...rest } = values as Record<string, unknown>;
    return {
      format: format as 'csv' | 'json',
      q: q as string | undefined,
      filters: rest as DevicesQuery['filters'],
    };
  });
export type ExportQuery = z.output<typeof exportQuery>;

const text = z.string().optional();

/** With `format=json`: a body that `POST /devices/import` takes as it is. What a device has none of is left out. */
export const exportSchema = z.strictObject({
  devices: z.array(
    z.strictObject({
      name: z.string(),
      ip: z.string(),
      hostname: text,
      vendor: text,
      device_type: text,
      device_subtype: text,
      model: text,
      location: text,
      description: text,
      enabled: z.boolean(),
      site: text.describe('Its name.'),
      profile: text.describe('Its name.'),
      parent: text.describe('Its name, or its id when others have that name too.'),
      check_kind: z.enum(CHECK_KINDS),
      port: z.int().optional(),
      url: text,
      expected_status: text,
      expected_body: text,
      refused_is_up: z.boolean(),
      verify_tls: z.boolean(),
      tags: z.array(z.string()),
      custom_fields: z.record(z.string(), z.unknown()),
      snmp_credential: text.describe('Its name.'),
      snmp_port: z.int(),
      discovered_at: z.iso.datetime().optional(),
      allow_duplicate: z.boolean(),
    }),
  ),
});

export const exportExample: z.output<typeof exportSchema> = {
  devices: [
    {
      name: 'core-sw-1',
      ip: '10.0.0.5',
      vendor: 'Cisco',
      device_type: 'switch',
      location: 'Rack 2',
      enabled: true,
      site: 'Berlin',
      check_kind: 'icmp',
      refused_is_up: true,
      verify_tls: true,
      tags: ['core'],
      custom_fields: { region: 'East' },
      snmp_port: 161,
      allow_duplicate: false,
    },
  ],
};
type ExportedDeviceDto = (typeof exportExample)['devices'][number];

/** The same as CSV. */
export const exportCsvExample = [
  [...EXPORT_COLUMNS, 'custom_fields.region'],
  [...EXPORT_COLUMNS.map((name) => cellOf(exportExample.devices[0]![name as keyof ExportedDeviceDto])), 'East'],
]
  .map((cells) => `${cells.join()}\r\n`)
  .join('');
