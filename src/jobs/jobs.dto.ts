import { z } from 'zod';

export const jobParams = z.strictObject({
  id: z
    .string()
    .max(200, 'Must be at most 200 characters.')
    .regex(/^[\w.-]+$/, 'Must be the id of a job: letters, digits, dots, dashes and underscores.')
    .describe('As it was answered by whoever enqueued it'),
});
export type JobParams = z.output<typeof jobParams>;

const time = z.iso.datetime().describe('ISO-8601, UTC');

export const jobSchema = z.object({
  id: z.string(),
  name: z.string(),
  queue: z.string(),
  state: z.enum(['waiting', 'delayed', 'active', 'completed', 'failed', 'unknown']),
  attempts: z.int().nonnegative().describe('Tries that ended so far'),
  progress: z.record(z.string(), z.unknown()).nullable().describe('What it said last of how far it is'),
  result: z.unknown().describe('What it found, once completed; `{"dropped": "late"}` when it came too late to be run'),
  error: z.string().nullable().describe('Why the last try failed'),
  enqueued_at: time,
  started_at: time.nullable(),
  finished_at: time.nullable(),
});

export const jobExample: z.input<typeof jobSchema> = {
  id: 'discovery.scan-6f1c2f0e-4a7b-4c58-8d57-8f0a4b1e2c33',
  name: 'discovery.scan',
  queue: 'checks',
  state: 'active',
  attempts: 0,
  progress: { probed: 128, of: 254, answered: 17 },
  result: null,
  error: null,
  enqueued_at: '2026-11-21T12:00:00.000Z',
  started_at: '2026-11-21T12:00:00.041Z',
  finished_at: null,
};
