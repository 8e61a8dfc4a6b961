import { Injectable, Logger } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { JobProducer } from '../platform/queue/job-producer.service.js';

/** Expired entries take memory until they are asked for; an hourly job takes them out. */
@Injectable()
export class CacheCleanupCron {
  private readonly log = new Logger('Scheduler');

  constructor(private readonly jobs: JobProducer) {}

  @Cron('0 50 * * * *', { name: 'cache-cleanup' })
  async cleanUp(): Promise<void> {
    await this.jobs
      .enqueue('cache.cleanup', {}, { dedupe: 'cache-cleanup' })
      .catch((error: unknown) => this.log.debug(`Tick cache-cleanup could not enqueue: ${String(error)}`));
  }
}
