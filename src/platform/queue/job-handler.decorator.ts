import { SetMetadata } from '@nestjs/common';
import type { CycleSlot } from './cycle-slot.js';
import type { JobName, JobPayload } from './job-catalogue.js';

export const JOB_HANDLER = Symbol('JobHandler');

/** What a handler knows of the run it is in. */
export interface JobContext {
  jobId: string;
  /** Aborted at the time limit, when the job was lost to another worker, and when the worker must stop. Pass it on to everything that waits. */
  signal: AbortSignal;
  /** 1 for the first try. */
  attempt: number;
  /** The slot that the job was enqueued for; its results are recorded with {@link CycleStore.claim} in their transaction. */
  slot?: CycleSlot;
  /**
   * Says how far it is: kept with the job (`GET /jobs/:id`) and, for jobs that the catalogue announces, told on the stream. Call it as
   * often as you like: at most four a second are written, the last one always. At most 2 KB of JSON, more is left out; it never fails.
   * @example context.progress({ probed: 128, of: 254 })
   */
  progress(report: Record<string, unknown>): void;
}

type Handler<Name extends JobName> = (payload: JobPayload<Name>, context: JobContext) => Promise<unknown>;

/**
 * Makes a method of a provider the handler of a job. It may run more than once for one job (after a crash, for example), so it must
 * be idempotent. What it returns is kept as the job's result: keep it small.
 *
 * @example
 * ```ts
 * @JobHandler('swarm.refresh')
 * async refresh(payload: JobPayload<'swarm.refresh'>, { signal }: JobContext): Promise<void> { … }
 * ```
 */
export const JobHandler =
  <Name extends JobName>(name: Name) =>
  <T extends Handler<Name>>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<T>): void => {
    SetMetadata(JOB_HANDLER, name)(target, key, descriptor);
  };
