import { z } from 'zod';

const MAX_TAGS = 50;
const MAX_KEYS = 100;
const MAX_BYTES = 16 * 1024;
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

/** Fields of the customer's own: a flat object. `region`, `branch`, `latitude`, `longitude` and what else the old system had stay as they are. */
export const customFields = z
  .record(z.string().min(1).max(100), customValue)
  .refine((values) => Object.keys(values).length <= MAX_KEYS, { error: `Must have at most ${MAX_KEYS} keys.` })
  .refine((values) => Buffer.byteLength(JSON.stringify(values)) <= MAX_BYTES, { error: 'Must have at most 16 KiB.' });
