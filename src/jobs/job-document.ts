import type { DescribedJob } from '../platform/queue/describe-job.js';

/** `data` of `GET /api/v1/jobs/:id`. */
export function jobDocument(job: DescribedJob) {
  return {
    id: job.id,
    name: job.name,
    queue: job.queue,
    state: job.state,
    attempts: job.attempts,
    progress: job.progress,
    result: job.result ?? null,
    error: job.error ?? null,
    enqueued_at: job.enqueuedAt.toISOString(),
    started_at: job.startedAt?.toISOString() ?? null,
    finished_at: job.finishedAt?.toISOString() ?? null,
  };
}
