/**
 * PostgreSQL (or Redis) that holds the queue does not answer. Nothing was enqueued, as far as we know: an answer that came too late
 * may still have enqueued the job, which is harmless, because a slot or a deduplication key makes it the same job.
 */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError';
  readonly code = 'queue_unavailable';
  constructor(reason: string, options?: ErrorOptions) {
    super(`The job queue does not answer: ${reason}`, options);
  }
}

/** A job that the catalogue does not know, or a payload that it does not allow. A mistake in our own code, not of the user. */
export class InvalidJobError extends Error {
  override readonly name = 'InvalidJobError';
  readonly code = 'invalid_job';
}

/** A try of a job took longer than its catalogue entry allows. */
export class JobTimeLimitError extends Error {
  override readonly name = 'JobTimeLimitError';
  readonly code = 'job_time_limit';
  constructor(jobName: string, timeoutMs: number) {
    super(`${jobName} took longer than its limit of ${timeoutMs} ms`);
  }
}

/** The abort reason of jobs that were still running when the worker had to stop; they go back to the queue. */
export class WorkerStoppingError extends Error {
  override readonly name = 'WorkerStoppingError';
  readonly code = 'worker_stopping';
  constructor() {
    super('The worker is stopping');
  }
}
