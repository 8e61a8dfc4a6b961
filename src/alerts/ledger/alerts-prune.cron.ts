import { Injectable, Logger } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { slotOf } from '../../platform/queue/cycle-slot.js';
import { JobProducer } from '../../platform/queue/job-producer.service.js';

const DAY_SECONDS = 86_400;

/** Has old alerts removed daily, in UTC: the slots of several schedulers must be the same. */
@Injectable()
export class AlertsPruneCron {
  private readonly log = new Logger('Scheduler');

  constructor(private readonly jobs: JobProducer) {}

  @Cron('0 25 3 * * *', { name: 'alerts-prune', timeZone: 'UTC' })
  async prune(): Promise<void> {
    await this.jobs
      .enqueue('alerts.prune', {}, { slot: slotOf('alerts-prune', 0, new Date(), DAY_SECONDS) })
      .catch((error: unknown) => this.log.debug(`Tick alerts-prune could not enqueue: ${String(error)}`));
  }
}
