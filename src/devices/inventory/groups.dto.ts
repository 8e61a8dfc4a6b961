import { z } from 'zod';
import { listQuery } from '../../platform/http/list-query.js';
import { selectorSchema } from '../selector.js';
import { nameText, NO_CHANGE, optionalText, someChange, times } from './inventory.dto.js';

const MAX_MEMBERS = 10_000;

export const groupSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  description: z.string().nullable(),
  selector: selectorSchema.nullable().describe('null: the group has members instead.'),
  member_count: z.int().nullable().describe('null with a selector. GET /groups/{id}/devices lists either kind.'),
  ...times,
});
export type GroupDto = z.output<typeof groupSchema>;

export const groupExample: GroupDto = {
  id: '2f6c7f6a-93a5-4c67-9d0c-8f1f2f9a7f33',
  name: 'Core network',
  description: null,
  selector: { tags: ['core'], enabled: true },
  member_count: null,
  created_at: '2026-11-20T08:00:00.000Z',
  updated_at: '2026-11-20T08:00:00.000Z',
};

const members = z
  .array(z.uuid('Must be a UUID.'))
  .max(MAX_MEMBERS)
  .transform((ids) => [...new Set(ids.map((id) => id.toLowerCase()))])
  .optional()
  .describe('Ids of devices.');
const fields = { name: nameText, description: optionalText(2_000), selector: selectorSchema.optional(), members };
const EITHER = { error: 'Give a selector or members, not both.', path: ['members'] };

export const createGroupBody = z
  .strictObject(fields)
  .refine(({ selector, members: ids }) => !selector || !ids, EITHER)
  .refine(({ selector, members: ids }) => selector || ids, { error: 'Give a selector or members.', path: ['members'] });
export type CreateGroupBody = z.output<typeof createGroupBody>;
export const updateGroupBody = z
  .strictObject({ ...fields, name: nameText.optional() })
  .refine(someChange, NO_CHANGE)
  .refine(({ selector, members: ids }) => !selector || !ids, EITHER);
export type UpdateGroupBody = z.output<typeof updateGroupBody>;

export const groupsQuery = listQuery({
  item: groupSchema,
  sort: ['name', 'created_at'],
  defaultSort: 'name',
  search: 'the name and description',
});
export type GroupsQuery = z.output<typeof groupsQuery>;
