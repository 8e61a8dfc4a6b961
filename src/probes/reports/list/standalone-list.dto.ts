import { z } from 'zod';
import { CHECK_KINDS } from '../../../devices/check-kind.js';
import { DEVICE_STATES } from '../../state/device-state.js';

const time = z.iso.datetime().nullable();
const text = z.string().nullable();
const number = z.number().nullable();
const word = (meaning: string) => z.string().min(1).max(200).optional().describe(meaning);

/** Digits only: `Number` would take `1e2`, `0x10` and blanks as well. */
const whole = (least: number, message: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= least, message);

export const standaloneDeviceSchema = z.strictObject({
  id: z.uuid(),
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
  site: z
    .strictObject({ id: z.uuid(), name: z.string(), region: text, branch: text, latitude: number, longitude: number })
    .nullable(),
  branch_id: z.uuid().nullable().describe('Id of the site.'),
  region: text.describe('Of the site, or the custom field.'),
  branch: text.describe('Of the site, or the custom field.'),
  latitude: number.describe('Of the site, or the custom field.'),
  longitude: number.describe('Of the site, or the custom field.'),
  tags: z.array(z.string()),
  custom_fields: z.record(z.string(), z.unknown()),
  snmp_port: z.int(),
  check_kind: z.enum(CHECK_KINDS),
  discovered_at: time,
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  last_seen: time.describe('When it answered last.'),
  available: z.enum(['Available', 'Unavailable']).describe('`Available` when `ping_status` is `Up`.'),
  ping_status: z.enum(['Up', 'Down', 'Unknown']).describe('`Down` also when it is unreachable behind its parent.'),
  ping_response_time: number.describe(
    'Milliseconds; null unless the last probe was answered, and when that was too long ago.',
  ),
  last_ping_timestamp: time.describe('When the last probe began.'),
  down_since: time,
  problems: z.int().nonnegative().describe('Down or unreachable: 1; flapping: 1; and every SNMP item in error.'),
  state: z
    .enum(DEVICE_STATES)
    .describe('`unknown` also when the last probe of an enabled device was more than three intervals ago.'),
  last_known_state: z.enum(['up', 'down']).nullable(),
  loss_percent: number.describe('Of the last probe.'),
  in_maintenance: z.boolean(),
  blind: z.boolean().describe('Nothing is known because the vantage point itself was cut off.'),
  flapping: z.boolean(),
});
export type StandaloneDevice = z.output<typeof standaloneDeviceSchema>;

export const standaloneQuery = z.strictObject({
  enabled: z.enum(['true', 'false'], { error: 'Must be true or false.' }).optional(),
  vendor: word('Exactly this vendor.'),
  device_type: word('Exactly this type.'),
  location: word('Exactly this location.'),
  region: word('Of the site, or the custom field `region`.'),
  site: word('Id or name of the site.'),
  branch: word('Of the site, or the custom field `branch`.'),
  tag: word('One of its tags.'),
  state: z
    .enum(DEVICE_STATES, { error: `Must be one of: ${DEVICE_STATES.join(', ')}.` })
    .optional()
    .describe('Enabled devices in this state; disabled ones are in none that is looked for.'),
  q: word('Text in the name, address, hostname or location.'),
  skip: whole(0, 'Must be a whole number from 0 on.').optional().describe('How many devices to leave out.'),
  limit: whole(1, 'Must be a whole number from 1 on.').optional().describe('Without it: all devices.'),
});
export type StandaloneQuery = z.output<typeof standaloneQuery>;

export const standaloneExample: StandaloneDevice = {
  id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10',
  name: 'Router Riverside',
  ip: '10.20.0.1',
  hostname: 'router.riverside.example.net',
  vendor: 'Mikrotik',
  device_type: 'router',
  device_subtype: null,
  model: 'RB4011',
  location: 'Rack 2',
  description: null,
  enabled: true,
  site: {
    id: '5a6a3a38-0a52-4f5e-8a11-0f6f0b4f2f11',
    name: 'Riverside',
    region: 'North',
    branch: 'B-017',
    latitude: 52.52,
    longitude: 13.4,
  },
  branch_id: '5a6a3a38-0a52-4f5e-8a11-0f6f0b4f2f11',
  region: 'North',
  branch: 'B-017',
  latitude: 52.52,
  longitude: 13.4,
  tags: ['core'],
  custom_fields: { contract: 'C-1001' },
  snmp_port: 161,
  check_kind: 'icmp',
  discovered_at: null,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:00.000Z',
  last_seen: '2026-11-21T12:00:31.204Z',
  available: 'Available',
  ping_status: 'Up',
  ping_response_time: 0.048,
  last_ping_timestamp: '2026-11-21T12:00:31.204Z',
  down_since: null,
  problems: 0,
  state: 'up',
  last_known_state: 'up',
  loss_percent: 0,
  in_maintenance: false,
  blind: false,
  flapping: false,
};
