import { Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { slotOf } from './cycle-slot.js';
import { JobProducer } from './job-producer.service.js';
import { QueueUnavailableError } from './queue-errors.js';

const HOUR_SECONDS = 3_600;

/** Enqueues the upkeep of the queue's own tables, in UTC: the slots of several schedulers must be the same. */
@Injectable()
export class QueueMaintenanceCron {
  constructor(private readonly producer: JobProducer) {}

  /** Hourly. */
  @Cron('0 20 * * * *', { name: 'workers-prune', timeZone: 'UTC' })
  pruneWorkers(): Promise<void> {
    return this.tick('workers.prune', 'workers-prune', HOUR_SECONDS);
  }

  /** Daily. */
  @Cron('0 40 2 * * *', { name: 'cycles-prune', timeZone: 'UTC' })
  pruneCycles(): Promise<void> {
    return this.tick('cycles.prune', 'cycles-prune', 24 * HOUR_SECONDS);
  }

  private async tick(job: 'workers.prune' | 'cycles.prune', kind: string, seconds: number): Promise<void> {
    try {
      await this.producer.enqueue(job, {}, { slot: slotOf(kind, 0, new Date(), seconds) });
    } catch (error) {
      // The producer has said so already; the next tick does the work.
      if (!(error instanceof QueueUnavailableError)) throw error;
    }
  }
}
