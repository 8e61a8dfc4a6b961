import { Injectable, Logger } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { slotOf } from '../platform/queue/cycle-slot.js';
import { JobProducer } from '../platform/queue/job-producer.service.js';

const DAY_SECONDS = 86_400;

/** Has the audit log pruned daily, in UTC: the slots of several schedulers must be the same. */
@Injectable()
export class AuditPruneCron {
  private readonly log = new Logger('Scheduler');

  constructor(private readonly jobs: JobProducer) {}

  @Cron('0 10 3 * * *', { name: 'audit-prune', timeZone: 'UTC' })
  async prune(): Promise<void> {
    await this.jobs
      .enqueue('audit.prune', {}, { slot: slotOf('audit-prune', 0, new Date(), DAY_SECONDS) })
      .catch((error: unknown) => this.log.debug(`Tick audit-prune could not enqueue: ${String(error)}`));
  }
}
