import { z } from 'zod';

/** What a path names by its id. */
export const idParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type IdParams = z.output<typeof idParams>;

/** Another object, as far as it is shown with the one that refers to it. */
export const namedSchema = z.strictObject({ id: z.uuid(), name: z.string() });

/** Text that may be missing; blank is missing. */
export const optionalText = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .transform((text) => (text === '' ? null : text))
    .nullable()
    .optional();

export const nameText = z.string().trim().min(1).max(200);
export const referenceText = z.string().trim().min(1).max(200);

export const times = { created_at: z.iso.datetime(), updated_at: z.iso.datetime() };

/** Refuses a body without a single change. */
export function someChange<T extends object>(changes: T): boolean {
  return Object.keys(changes).length > 0;
}
export const NO_CHANGE = { error: 'Must name at least one change.' };
