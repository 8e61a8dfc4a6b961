import { z } from 'zod';
import { CHECK_KINDS } from './check-kind.js';

const names = z.array(z.string().min(1).max(200)).min(1).max(500);
const ids = z.array(z.uuid('Must be a UUID.')).min(1).max(10_000);

/**
 * Which devices something is about: those that meet **all** fields that are given, each with **any** of its values. Stored in groups
 * and maintenance windows, sent with bulk requests. `{ "all": true }` is everything; an empty selector is refused.
 */
export const selectorSchema = z
  .strictObject({
    all: z.literal(true).optional(),
    ids: ids.optional(),
    sites: names.optional().describe('Ids or names of sites; those below them count as well.'),
    groups: names.optional().describe('Ids or names of groups.'),
    tags: z.array(z.string().trim().toLowerCase().min(1).max(200)).min(1).max(500).optional(),
    vendors: names.optional(),
    device_types: names.optional(),
    profiles: names.optional().describe('Ids or names of profiles.'),
    check_kinds: z.array(z.enum(CHECK_KINDS)).min(1).max(CHECK_KINDS.length).optional(),
    enabled: z.boolean().optional(),
    q: z.string().min(1).max(200).optional().describe('Text in the name, address, hostname or location.'),
  })
  .refine((selector) => Object.keys(selector).length > 0, {
    error: 'Must name at least one condition; {"all": true} is every device.',
  });
export type Selector = z.output<typeof selectorSchema>;
