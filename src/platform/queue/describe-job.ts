import type { Job } from 'bullmq';

export type JobState = 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'unknown';

/** One job as people see it: no payload, since payloads belong to the features. */
export interface DescribedJob {
  id: string;
  name: string;
  queue: string;
  state: JobState;
  /** Tries that ended so far. */
  attempts: number;
  /** What it said last of how far it is; null when it said nothing. */
  progress: Record<string, unknown> | null;
  /** What its handler returned, once completed; `{ dropped: 'late' }` when it never ran. */
  result?: unknown;
  /** Why the last try failed. */
  error?: string;
  enqueuedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

const STATES: Record<string, JobState> = {
  wait: 'waiting',
  waiting: 'waiting',
  prioritized: 'waiting',
  paused: 'waiting',
  delayed: 'delayed',
  active: 'active',
  completed: 'completed',
  failed: 'failed',
};

/** @param state as BullMQ names it */
export function describeJob(
  job: Pick<
    Job,
    | 'id'
    | 'name'
    | 'queueName'
    | 'attemptsMade'
    | 'progress'
    | 'returnvalue'
    | 'failedReason'
    | 'timestamp'
    | 'processedOn'
    | 'finishedOn'
  >,
  state: string,
): DescribedJob {
  const shown = STATES[state] ?? 'unknown';
  return {
    id: job.id ?? '',
    name: job.name,
    queue: job.queueName,
    state: shown,
    attempts: job.attemptsMade,
    // BullMQ begins with the number 0; ours are objects.
    progress: isReport(job.progress) ? job.progress : null,
    ...(shown === 'completed' && { result: job.returnvalue as unknown }),
    ...(job.failedReason && { error: job.failedReason }),
    enqueuedAt: new Date(job.timestamp),
    startedAt: job.processedOn ? new Date(job.processedOn) : null,
    finishedAt: job.finishedOn ? new Date(job.finishedOn) : null,
  };
}

/** Whether it is a report of ours. */
export function isReport(progress: unknown): progress is Record<string, unknown> {
  return typeof progress === 'object' && progress !== null && !Array.isArray(progress);
}
