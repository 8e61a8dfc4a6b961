import { z } from 'zod';
import { listQuery } from '../../platform/http/list-query.js';
import { CHECK_KINDS } from '../check-kind.js';
import { customValue } from './device-words.js';
import { namedSchema, referenceText, times } from './inventory.dto.js';

const text = z.string().nullable();

export const deviceSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  ip: z.string().describe('IPv4, IPv6 (as RFC 5952 writes it) or a DNS name.'),
  hostname: text,
  vendor: text,
  device_type: text,
  device_subtype: text,
  model: text,
  location: text,
  description: text,
  enabled: z.boolean(),
  site_id: z.uuid().nullable(),
  site: namedSchema.nullable(),
  profile_id: z.uuid(),
  profile: namedSchema,
  parent_id: z.uuid().nullable(),
  parent: namedSchema
    .nullable()
    .describe('The device it is reached through: while that is down, this one is unreachable.'),
  check_kind: z.enum(CHECK_KINDS),
  port: z.int().nullable(),
  url: text,
  expected_status: text,
  expected_body: text,
  refused_is_up: z.boolean(),
  verify_tls: z.boolean(),
  duplicate_allowed: z.boolean().describe('Whether it may share its address with another device.'),
  tags: z.array(z.string()),
  custom_fields: z.record(z.string(), customValue),
  snmp_credential_id: z.uuid().nullable(),
  snmp_credential: namedSchema.nullable(),
  snmp_port: z.int(),
  discovered_at: z.iso.datetime().nullable(),
  ...times,
});
export type DeviceDto = z.output<typeof deviceSchema>;

export const deviceExample: DeviceDto = {
  id: '5b6f0f0e-6a0e-4b7a-9f53-1f0a3c7d9e21',
  name: 'core-switch-1',
  ip: '192.0.2.10',
  hostname: 'core1.example.net',
  vendor: 'Cisco',
  device_type: 'switch',
  device_subtype: null,
  model: 'C9300',
  location: 'Rack 3',
  description: null,
  enabled: true,
  site_id: 'c1b1f1de-2b0f-4c0f-8b3a-9f6f3d2a1e10',
  site: { id: 'c1b1f1de-2b0f-4c0f-8b3a-9f6f3d2a1e10', name: 'Berlin' },
  profile_id: '7e0d9a52-3c1b-4d53-8a57-0c9be2f4a611',
  profile: { id: '7e0d9a52-3c1b-4d53-8a57-0c9be2f4a611', name: 'Standard' },
  parent_id: null,
  parent: null,
  check_kind: 'icmp',
  port: null,
  url: null,
  expected_status: null,
  expected_body: null,
  refused_is_up: false,
  verify_tls: true,
  duplicate_allowed: false,
  tags: ['core'],
  custom_fields: { region: 'East', floor_info: '2' },
  snmp_credential_id: null,
  snmp_credential: null,
  snmp_port: 161,
  discovered_at: null,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-21T09:30:00.000Z',
};

const word = z.string().min(1).max(200).optional();

export const devicesQuery = listQuery({
  item: deviceSchema,
  sort: ['name', 'ip', 'created_at', 'updated_at'],
  defaultSort: 'name',
  search: 'the name, address, hostname and location',
  filters: {
    enabled: z
      .enum(['true', 'false'])
      .transform((value) => value === 'true')
      .optional(),
    vendor: word,
    device_type: word,
    location: word,
    region: word.describe('Of the device (custom_fields.region), or else of its site.'),
    branch: word.describe('Of the device (custom_fields.branch), or else of its site.'),
    site: referenceText.optional().describe('Id or name; those below it count as well.'),
    tag: z.string().trim().toLowerCase().min(1).max(200).optional(),
    group: referenceText.optional().describe('Id or name.'),
    profile: referenceText.optional().describe('Id or name.'),
    check_kind: z.enum(CHECK_KINDS).optional(),
    parent: referenceText.optional().describe('Id or name.'),
  },
});
export type DevicesQuery = z.output<typeof devicesQuery>;
