import { Injectable } from '@nestjs/common';
import type { Job } from 'bullmq';
import { QUEUE_NAMES } from '../config/settings.schema.js';
import { describeJob, type DescribedJob } from './describe-job.js';
import { QueueClient } from './queue.client.js';

/** Finds a job by its id, whichever queue it is in. */
@Injectable()
export class JobReader {
  constructor(private readonly client: QueueClient) {}

  /**
   * @returns null when there is no such job, or it is forgotten already
   * @throws QueueUnavailableError when the queue cannot be reached
   */
  async find(jobId: string): Promise<DescribedJob | null> {
    if (jobId === '' || jobId.length > 200) return null;
    const found = await Promise.all(
      QUEUE_NAMES.map((name) =>
        this.client.use(name, async (queue) => {
          const job: Job | undefined = await queue.getJob(jobId);
          return job ? describeJob(job, await job.getState()) : null;
        }),
      ),
    );
    return found.find((job) => job !== null) ?? null;
  }
}
