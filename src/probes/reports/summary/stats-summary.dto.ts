import { z } from 'zod';

const count = z.int().nonnegative();

const states = {
  up: count,
  down: count,
  unreachable: count,
  unknown: count,
};

export const statsSummarySchema = z.strictObject({
  total: count,
  enabled: count,
  disabled: count,
  by_state: z.strictObject(states).describe('Of the devices that are enabled.'),
  in_maintenance: count,
  flapping: count,
  blind: count.describe('Of which nothing is known because the vantage point itself was cut off.'),
  by_type: z
    .array(z.strictObject({ device_type: z.string().nullable(), total: count, ...states }))
    .describe('Enabled devices by type, most first, at most 200 types.'),
  by_site: z
    .array(z.strictObject({ site_id: z.uuid().nullable(), name: z.string().nullable(), total: count, ...states }))
    .describe('Enabled devices by site, those with most devices down first, at most 200 sites.'),
});
export type StatsSummary = z.output<typeof statsSummarySchema>;

export const statsSummaryExample: StatsSummary = {
  total: 875,
  enabled: 870,
  disabled: 5,
  by_state: { up: 861, down: 4, unreachable: 3, unknown: 2 },
  in_maintenance: 6,
  flapping: 1,
  blind: 0,
  by_type: [{ device_type: 'router', total: 870, up: 861, down: 4, unreachable: 3, unknown: 2 }],
  by_site: [
    {
      site_id: '5a6a3a38-0a52-4f5e-8a11-0f6f0b4f2f11',
      name: 'Riverside',
      total: 870,
      up: 861,
      down: 4,
      unreachable: 3,
      unknown: 2,
    },
  ],
};
