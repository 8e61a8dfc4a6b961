import { z } from 'zod';
import { listQuery } from '../../platform/http/list-query.js';
import { namedSchema, nameText, NO_CHANGE, optionalText, referenceText, someChange, times } from './inventory.dto.js';

export const siteSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  region: z.string().nullable(),
  branch: z.string().nullable(),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  parent_id: z.uuid().nullable(),
  parent: namedSchema.nullable(),
  device_count: z.int().describe('Devices right here; those of sites below are not counted.'),
  ...times,
});
export type SiteDto = z.output<typeof siteSchema>;

export const siteExample: SiteDto = {
  id: 'c1b1f1de-2b0f-4c0f-8b3a-9f6f3d2a1e10',
  name: 'Berlin',
  region: 'East',
  branch: 'B-12',
  latitude: 52.52,
  longitude: 13.405,
  parent_id: null,
  parent: null,
  device_count: 31,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:00.000Z',
};

const degrees = (max: number) => {
  const error = `Must be from -${max} to ${max} degrees.`;
  return z.number().min(-max, error).max(max, error).nullable().optional();
};
const fields = {
  name: nameText,
  region: optionalText(200),
  branch: optionalText(200),
  latitude: degrees(90),
  longitude: degrees(180),
  parent: referenceText.nullable().optional().describe('Id or name of the site it lies in.'),
};
export const createSiteBody = z.strictObject(fields);
export type CreateSiteBody = z.output<typeof createSiteBody>;
export const updateSiteBody = z.strictObject({ ...fields, name: nameText.optional() }).refine(someChange, NO_CHANGE);
export type UpdateSiteBody = z.output<typeof updateSiteBody>;

export const sitesQuery = listQuery({
  item: siteSchema,
  sort: ['name', 'created_at'],
  defaultSort: 'name',
  search: 'the name, region and branch',
  filters: {
    region: z.string().min(1).max(200).optional(),
    branch: z.string().min(1).max(200).optional(),
    parent: referenceText.optional().describe('Id or name: the sites right below it.'),
  },
});
export type SitesQuery = z.output<typeof sitesQuery>;
