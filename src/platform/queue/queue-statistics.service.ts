import { Injectable } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { QUEUE_NAMES, type QueueName } from '../config/settings.schema.js';
import { describeJob, type DescribedJob } from './describe-job.js';
import { QueueClient } from './queue.client.js';

/** How one queue stands. */
export interface QueueFigures {
  name: QueueName;
  waiting: number;
  active: number;
  /** Not due yet: enqueued for later, or waiting for the next try. */
  delayed: number;
  /** Dead letters that are still kept. */
  failed: number;
  /** Finished jobs that are still kept. */
  completed: number;
  /** Seconds since the oldest waiting job was due; null when none waits. */
  oldestWaitingSeconds: number | null;
}

/** Reads the queues. Everything throws QueueUnavailableError when they cannot be reached. */
@Injectable()
export class QueueStatistics {
  constructor(private readonly client: QueueClient) {}

  /** All queues. */
  all(): Promise<QueueFigures[]> {
    return Promise.all(QUEUE_NAMES.map((name) => this.of(name)));
  }

  of(name: QueueName): Promise<QueueFigures> {
    return this.client.use(name, async (queue) => {
      const counts = await queue.getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed', 'completed');
      const of = (state: string): number => counts[state] ?? 0;
      const oldest = await oldestWaiting(queue, of('wait'));
      return {
        name,
        waiting: of('wait') + of('prioritized'),
        active: of('active'),
        delayed: of('delayed'),
        failed: of('failed'),
        completed: of('completed'),
        oldestWaitingSeconds: oldest && Math.max(0, (Date.now() - oldest) / 1_000),
      };
    });
  }

  /**
   * Dead letters, the latest first.
   * @param page counts from 1
   */
  failed(name: QueueName, page: number, pageSize: number): Promise<{ jobs: DescribedJob[]; total: number }> {
    return this.client.use(name, async (queue) => {
      const start = (page - 1) * pageSize;
      const [jobs, total] = await Promise.all([
        queue.getJobs(['failed'], start, start + pageSize - 1, false),
        queue.getFailedCount(),
      ]);
      return { jobs: jobs.map((job: Job) => describeJob(job, 'failed')), total };
    });
  }

  /** Puts a dead letter back into its queue with all its tries. The job of a slot that is over by then is dropped as late. */
  retry(name: QueueName, jobId: string): Promise<'retried' | 'not_found' | 'not_failed'> {
    return this.client.use(name, async (queue) => {
      const job: Job | undefined = await queue.getJob(jobId);
      if (!job) return 'not_found';
      if (!(await job.isFailed())) return 'not_failed';
      await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
      return 'retried';
    });
  }
}

/**
 * When the oldest waiting job was due, in Unix milliseconds. There are two priorities, each in the order of arrival.
 * @param waiting how many of the normal priority there are: their list begins with the newest. BullMQ's ascending order is no help: on
 *   PostgreSQL it cuts its piece out of the list first and turns that round then.
 */
async function oldestWaiting(queue: Queue, waiting: number): Promise<number | null> {
  const last = Math.max(0, waiting - 1);
  const first = await Promise.all([
    queue.getJobs(['wait'], last, last, false),
    // The list may have become shorter meanwhile.
    queue.getJobs(['wait'], 0, 0, false),
    queue.getJobs(['prioritized'], 0, 0, true),
  ]);
  const due = first.flat().map((job: Job) => job.timestamp + (job.opts.delay ?? 0));
  return due.length > 0 ? Math.min(...due) : null;
}
