import { z } from 'zod';

const MAX_TAGS = 50;
const MAX_KEYS = 100;
const MAX_BYTES = 16 * 1024;
const KEY = /^[^\p{Cc}]{1,100}$/u;
const TAG = /^[\p{Ll}\p{Lo}\p{N}][\p{Ll}\p{Lo}\p{Lm}\p{M}\p{N}_.:-]{0,62}$/u;

const tag = z
  .string()
  .max(200)
  .transform((text) => text.trim().toLowerCase())
  .refine((text) => TAG.test(text), {
    error: 'Must be one word of at most 63 letters, digits and "_.:-", beginning with a letter or digit.',
  });

/** Lower-case words, each once. */
export const tags = z
  .array(tag)
  .max(1_000)
  .transform((words) => [...new Set(words)])
  .refine((words) => words.length <= MAX_TAGS, { error: `Must be at most ${MAX_TAGS} tags.` });

/** What a custom field may hold: no lists and objects, so that each fits into a column. */
export const customValue = z.union([z.string().max(4_000), z.number(), z.boolean(), z.null()], {
  error: 'Must be text, a number, true, false or null.',
});

/** Names of custom fields are columns of a file, too: one line, nothing around it. */
export const customValues = z.record(z.string().max(1_000), customValue).transform((values, context) => {
  const fields = Object.entries(values).map(([key, value]) => [key.trim(), value] as const);
  const keys = fields.map(([key]) => key);
  const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
  if (!keys.every((key) => KEY.test(key)))
    refuse('Must have keys of 1 to 100 characters, none of them a control character.');
  if (keys.length > MAX_KEYS) refuse(`Must have at most ${MAX_KEYS} keys.`);
  if (new Set(keys).size < keys.length) refuse('Must not have two keys that differ only in the space around them.');
  return Object.fromEntries(fields);
});

/** Fields of the customer's own: a flat object. `region`, `branch`, `latitude`, `longitude` and what else the old system had stay as they are. */
export const customFields = customValues.refine((values) => Buffer.byteLength(JSON.stringify(values)) <= MAX_BYTES, {
  error: 'Must have at most 16 KiB.',
});
