import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { JobsOptions } from 'bullmq';
import type { CycleSlot } from './cycle-slot.js';
import { JobCatalogue, type JobDefinition, type JobName, type JobPayload } from './job-catalogue.js';
import type { JobEnvelope } from './job-envelope.js';
import { InvalidJobError } from './queue-errors.js';
import { QueueClient } from './queue.client.js';

/**
 * Either a slot or a deduplication key, not both: BullMQ keeps a deduplication key that meets a job id that exists already, and the
 * key would then refuse every further job until that old one is forgotten.
 */
export type EnqueueOptions = { delayMs?: number } & (
  { slot?: CycleSlot; dedupe?: never } | { slot?: never; dedupe?: string }
);

export interface Enqueued {
  /** Of the job that will do the work: ours, or the equal one that was there. */
  jobId: string;
  /** True when an equal job was there and nothing was added. */
  coalesced: boolean;
}

/** Puts jobs into the queues. The only thing a cron tick calls. */
@Injectable()
export class JobProducer {
  constructor(
    private readonly client: QueueClient,
    private readonly catalogue: JobCatalogue,
  ) {}

  /**
   * Enqueues a job.
   *
   * @param options `slot`: its id is the job's, so one slot is enqueued once, whoever asks; `dedupe`: joins the job with the same key
   *   that waits or runs; `delayMs`: not before
   * @example await producer.enqueue('swarm.refresh', { requestedBy: 'request' }, { dedupe: 'swarm.refresh' })
   * @throws QueueUnavailableError within 10 s when the queue cannot be reached
   * @throws InvalidJobError for a payload that the catalogue does not allow
   */
  async enqueue<Name extends JobName>(
    name: Name,
    payload: JobPayload<Name>,
    options: EnqueueOptions = {},
  ): Promise<Enqueued> {
    const definition = this.catalogue[name];
    if (!definition) throw new InvalidJobError(`There is no job ${name} in the catalogue`);
    const checked = definition.payload.safeParse(payload);
    if (!checked.success) throw new InvalidJobError(`Wrong payload for ${name}: ${checked.error.message}`);
    const token = randomUUID();
    const jobId = options.slot?.id ?? `${name}-${token}`;
    const envelope: JobEnvelope = {
      payload: checked.data,
      token,
      ...(options.slot && { slot: storedSlot(options.slot) }),
    };
    return this.client.use(definition.queue, async (queue) => {
      const added = await queue.add(name, envelope, { ...optionsOf(definition, options), jobId });
      const id = added.id ?? jobId;
      if (!options.slot) return { jobId: id, coalesced: id !== jobId };
      // The id of a slot says nothing about whose job it is; the stored token does.
      const stored = (await queue.getJob(id))?.data as JobEnvelope | undefined;
      return { jobId: id, coalesced: stored !== undefined && stored.token !== token };
    });
  }
}

function storedSlot({ kind, shard, dueAt, intervalSeconds }: CycleSlot): JobEnvelope['slot'] {
  return { kind, shard, dueAt: dueAt.toISOString(), intervalSeconds };
}

const LOW_PRIORITY = 10;

function optionsOf(definition: JobDefinition, { delayMs, dedupe }: EnqueueOptions): JobsOptions {
  const { attempts, backoffMs, priority, keep } = definition;
  return {
    attempts,
    ...(backoffMs && { backoff: { type: 'exponential', delay: backoffMs } }),
    ...(priority === 'low' && { priority: LOW_PRIORITY }),
    ...(delayMs && { delay: delayMs }),
    ...(dedupe && { deduplication: { id: dedupe } }),
    removeOnComplete: { age: keep.completed.ageSeconds, count: keep.completed.count },
    removeOnFail: { age: keep.failed.ageSeconds, count: keep.failed.count },
    stackTraceLimit: 5,
    sizeLimit: 65_536,
  };
}
