import { z } from 'zod';
import type { CycleSlot } from './cycle-slot.js';

/** What is stored in the queue: the payload and what the queue itself must know of the job. */
export const jobEnvelope = z.strictObject({
  payload: z.unknown(),
  /** Tells the one who enqueued a slot whether the stored job is his or the one of somebody quicker. */
  token: z.string(),
  slot: z
    .strictObject({
      kind: z.string(),
      shard: z.int(),
      dueAt: z.iso.datetime(),
      intervalSeconds: z.int().positive(),
    })
    .optional(),
});
export type JobEnvelope = z.output<typeof jobEnvelope>;

/** The slot of a stored job, as {@link CycleSlot}. */
export function slotOfEnvelope(envelope: JobEnvelope, jobId: string): CycleSlot | undefined {
  return envelope.slot && { ...envelope.slot, dueAt: new Date(envelope.slot.dueAt), id: jobId };
}

/** What a job that was dropped for being late leaves as its result. */
export const DROPPED_LATE = { dropped: 'late' } as const;
