import { Injectable } from '@nestjs/common';
import type { Job } from 'bullmq';
import { QUEUE_NAMES } from '../config/settings.schema.js';
import { describeJob, type DescribedJob } from './describe-job.js';
import { JobCatalogue, type JobName } from './job-catalogue.js';
import type { JobEnvelope } from './job-envelope.js';
import { QueueClient } from './queue.client.js';

/** Finds a job by its id, whichever queue it is in. */
@Injectable()
export class JobReader {
  constructor(
    private readonly client: QueueClient,
    private readonly catalogue: JobCatalogue,
  ) {}

  /**
   * @returns null when there is no such job, or it is forgotten already
   * @throws QueueUnavailableError when the queue cannot be reached
   */
  async find(jobId: string): Promise<DescribedJob | null> {
    if (jobId === '' || jobId.length > 200) return null;
    const found = await Promise.all(
      QUEUE_NAMES.map((name) =>
        this.client.use(name, async (queue) => {
          // The state first: a job that finishes in between is told as running, never as completed without its result.
          const state = await queue.getJobState(jobId);
          const job: Job | undefined = await queue.getJob(jobId);
          return job ? describeJob(job, state) : null;
        }),
      ),
    );
    return found.find((job) => job !== null) ?? null;
  }

  /**
   * The jobs of one kind that wait or run, at most a thousand of each state looked at.
   * @returns their ids and payloads as they were enqueued, not checked
   * @throws QueueUnavailableError when the queue cannot be reached
   */
  unfinished(name: JobName): Promise<{ id: string; payload: unknown }[]> {
    return this.client.use(this.catalogue[name]!.queue, async (queue) => {
      const jobs = await queue.getJobs(['wait', 'prioritized', 'delayed', 'active'], 0, 999);
      const ours = jobs.filter((job: Job | undefined) => job?.name === name);
      return ours.map(({ id = '', data }: Job) => ({ id, payload: (data as JobEnvelope).payload }));
    });
  }
}
