import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { Settings } from '../../platform/config/settings.schema.js';
import { JobProducer } from '../../platform/queue/job-producer.service.js';
import { SlotTicker } from '../../platform/schedule/slot-ticker.service.js';

/** When the swarm's jobs are due. Ticks only enqueue. */
@Injectable()
export class SwarmCron implements OnApplicationBootstrap {
  private readonly log = new Logger('Scheduler');

  constructor(
    private readonly settings: Settings,
    private readonly ticker: SlotTicker,
    private readonly jobs: JobProducer,
  ) {}

  onApplicationBootstrap(): void {
    this.ticker.every('swarm-refresh', this.settings.swarmRefreshSeconds, (slot, dueAt) =>
      this.jobs.enqueue(
        'swarm.refresh',
        { requestedBy: 'cron', requestedAt: dueAt.toISOString() },
        slot ? { slot } : { dedupe: 'swarm-refresh-cron' },
      ),
    );
  }

  /** Cache warming: puts the last picture back into tiers that lost it. */
  @Cron(CronExpression.EVERY_10_MINUTES, { name: 'cache-warm' })
  async warm(): Promise<void> {
    await this.jobs
      .enqueue('cache.warm', {}, { dedupe: 'cache-warm' })
      .catch((error: unknown) => this.log.debug(`Tick cache-warm could not enqueue: ${String(error)}`));
  }
}
