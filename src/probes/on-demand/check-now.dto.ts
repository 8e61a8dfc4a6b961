import { z } from 'zod';

export const checkNowParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
export type CheckNowParams = z.output<typeof checkNowParams>;

/** A job that was enqueued, or joined. */
export const enqueuedSchema = z.strictObject({
  job_id: z.string().describe('GET /api/v1/jobs/{id} answers with its result.'),
  coalesced: z.boolean().describe('An equal job waited or ran already: this is its id.'),
});

export const checkNowExample = { job_id: 'device.check-5b0f3c86-2a77-4f0e-9d52-8d1c5a1f7e10', coalesced: false };
