import { z } from 'zod';
import { instant } from '../../../platform/http/instant.js';

const seconds = z.number().nonnegative();
const word = (meaning: string) => z.string().min(1).max(200).optional().describe(meaning);
const range = {
  from: instant('2026-11-01T00:00:00Z').optional().describe('30 days before `to` without it.'),
  to: instant('2026-12-01T00:00:00Z').optional().describe('Now without it; what lies ahead is cut off.'),
};

export const availabilityQuery = z.strictObject(range);
export type AvailabilityQuery = z.output<typeof availabilityQuery>;

export const availabilityReportQuery = z.strictObject({
  ...range,
  site: word('Id or name of the site; those below it count as well.'),
  tag: word('One of its tags.'),
  group: word('Id or name of the group.'),
  format: z.enum(['json', 'csv'], { error: 'Must be json or csv.' }).default('json'),
});
export type AvailabilityReportQuery = z.output<typeof availabilityReportQuery>;

export const availabilityRowSchema = z.strictObject({
  device_id: z.uuid(),
  name: z.string(),
  ip: z.string(),
  site: z.string().nullable().describe('Its name.'),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  percent: z.number().nullable().describe('Up of up and down; null when it was neither, because nothing is known.'),
  seconds_up: seconds,
  seconds_down: seconds,
  seconds_unreachable: seconds.describe('Its parent was down: nothing is known of it, and it was not its fault.'),
  seconds_unknown: seconds.describe('Before its first probe, and since nobody probes it, too.'),
  seconds_maintenance: seconds.describe('In maintenance that does not count as downtime, whatever its state.'),
  outages: z.int().nonnegative(),
  mttr_seconds: seconds.nullable().describe('Mean time down of the outages that are over.'),
  mtbf_seconds: seconds.nullable().describe('Time up per outage; null when it was never up.'),
});
export type AvailabilityRow = z.output<typeof availabilityRowSchema>;

export const availabilitySchema = availabilityRowSchema.extend({
  outage_list: z
    .array(
      z.strictObject({
        from: z.iso.datetime(),
        to: z.iso.datetime().nullable().describe('When it was up again. Null: not at the end of the range.'),
        seconds: seconds.describe('Down; what was unknown, unreachable or excused meanwhile is not counted.'),
        cause: z.string(),
      }),
    )
    .describe('Oldest first; of very many the last 1,000.'),
});
export type AvailabilityDto = z.output<typeof availabilitySchema>;

export const availabilityRowExample: AvailabilityRow = {
  device_id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10',
  name: 'Router Riverside',
  ip: '10.20.0.1',
  site: 'Riverside',
  from: '2026-11-20T00:00:00.000Z',
  to: '2026-11-21T00:00:00.000Z',
  percent: 99.5,
  seconds_up: 85_968,
  seconds_down: 432,
  seconds_unreachable: 0,
  seconds_unknown: 0,
  seconds_maintenance: 0,
  outages: 1,
  mttr_seconds: 432,
  mtbf_seconds: 85_968,
};

export const availabilityExample: AvailabilityDto = {
  ...availabilityRowExample,
  outage_list: [{ from: '2026-11-20T10:55:00.000Z', to: '2026-11-20T11:02:12.000Z', seconds: 432, cause: 'probe' }],
};
