import { z } from 'zod';
import { listQuery } from '../../platform/http/list-query.js';
import { nameText, NO_CHANGE, optionalText, someChange, times } from './inventory.dto.js';

const MODES = ['standalone', 'snmp_only'] as const;

export const profileSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  description: z.string().nullable(),
  mode: z.enum(MODES).describe('`snmp_only`: its devices are neither pinged nor checked.'),
  is_default: z.boolean().describe('For devices that name no profile.'),
  ping_interval_seconds: z.int().nullable().describe('null: SWARMWARD_PING_INTERVAL_SECONDS.'),
  packets: z.int(),
  timeout_ms: z.int(),
  down_after: z.int().describe('So many failed cycles in a row make a device down.'),
  up_after: z.int().describe('So many good cycles in a row make it up again.'),
  snmp_interval_seconds: z.int().nullable().describe('null: SWARMWARD_SNMP_INTERVAL_SECONDS.'),
  flap_low_percent: z.number().describe('Below this share of changes a flapping device counts as settled.'),
  flap_high_percent: z.number().describe('Above this share of changes a device counts as flapping.'),
  device_count: z.int(),
  ...times,
});
export type ProfileDto = z.output<typeof profileSchema>;

export const profileExample: ProfileDto = {
  id: '7e0d9a52-3c1b-4d53-8a57-0c9be2f4a611',
  name: 'Standard',
  description: 'For devices that name no other profile',
  mode: 'standalone',
  is_default: true,
  ping_interval_seconds: null,
  packets: 3,
  timeout_ms: 900,
  down_after: 2,
  up_after: 2,
  snmp_interval_seconds: null,
  flap_low_percent: 25,
  flap_high_percent: 30,
  device_count: 875,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:00.000Z',
};

const whole = (min: number, max: number) => {
  const error = `Must be a whole number from ${min} to ${max}.`;
  return z.int(error).min(min, error).max(max, error).optional();
};
const percent = z.number().min(1, 'Must be from 1 to 100.').max(100, 'Must be from 1 to 100.').optional();

const fields = {
  name: nameText,
  description: optionalText(2_000),
  mode: z.enum(MODES).optional(),
  is_default: z.literal(true, 'Must be true: to take it from one profile, give it to another.').optional(),
  ping_interval_seconds: whole(1, 3_600).nullable(),
  packets: whole(1, 20),
  timeout_ms: whole(50, 10_000),
  down_after: whole(1, 10),
  up_after: whole(1, 10),
  snmp_interval_seconds: whole(5, 86_400).nullable(),
  flap_low_percent: percent,
  flap_high_percent: percent,
};
export const createProfileBody = z.strictObject({ ...fields, is_default: z.boolean().optional() });
export type CreateProfileBody = z.output<typeof createProfileBody>;
export const updateProfileBody = z.strictObject({ ...fields, name: nameText.optional() }).refine(someChange, NO_CHANGE);
export type UpdateProfileBody = z.output<typeof updateProfileBody>;

export const profilesQuery = listQuery({
  item: profileSchema,
  sort: ['name', 'created_at'],
  defaultSort: 'name',
  search: 'the name and description',
  filters: { mode: z.enum(MODES).optional() },
});
export type ProfilesQuery = z.output<typeof profilesQuery>;
