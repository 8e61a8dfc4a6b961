import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { Settings } from '../../platform/config/settings.schema.js';
import { type CycleSlot, slotOf } from '../../platform/queue/cycle-slot.js';
import { type EnqueueOptions, JobProducer } from '../../platform/queue/job-producer.service.js';
import { isDailyTurn } from './daily-turn.js';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
const QUARTER_SECONDS = 900;

/** When history needs upkeep. Slots are in UTC: those of several schedulers must be the same. */
@Injectable()
export class HistoryCron implements OnApplicationBootstrap {
  private readonly log = new Logger('Scheduler');

  constructor(
    private readonly settings: Settings,
    private readonly jobs: JobProducer,
  ) {}

  onApplicationBootstrap(): void {
    void this.enqueue('partitions.ensure', { dedupe: 'partitions-ensure' });
  }

  /** A week ahead, and looked at every hour: at 00:10 there is a new day to make. */
  @Cron('0 10 * * * *', { name: 'partitions-ensure', timeZone: 'UTC' })
  ensurePartitions(): Promise<void> {
    return this.enqueue('partitions.ensure', { slot: slotOf('partitions-ensure', 0, new Date(), HOUR_SECONDS) });
  }

  /** A minute after each bucket's end, when the cycles of that bucket are written. */
  @Cron('0 1-59/5 * * * *', { name: 'rollups', timeZone: 'UTC' })
  runRollups(): Promise<void> {
    return this.enqueue('rollups.run', { slot: slotOf('rollups', 0, new Date(), 300) });
  }

  /** Quarters of an hour: every time zone has its full hours at one. */
  @Cron('0 */15 * * * *', { name: 'history-nightly', timeZone: 'UTC' })
  async nightly(): Promise<void> {
    await this.daily('pings.cleanup', 'pings-cleanup', 3);
    await this.daily('tables.analyze', 'tables-analyze', 4);
  }

  private async daily(job: 'pings.cleanup' | 'tables.analyze', kind: string, hour: number): Promise<void> {
    const quarter = slotOf(kind, 0, new Date(), QUARTER_SECONDS);
    if (!isDailyTurn(quarter.dueAt, hour, this.settings.scheduleTimezone, QUARTER_SECONDS * 1_000)) return;
    // Its turn is the day's: a worker that comes hours late still does it.
    const slot: CycleSlot = { ...quarter, intervalSeconds: DAY_SECONDS };
    await this.enqueue(job, { slot });
  }

  private async enqueue(
    job: 'partitions.ensure' | 'rollups.run' | 'pings.cleanup' | 'tables.analyze',
    options: EnqueueOptions,
  ): Promise<void> {
    await this.jobs
      .enqueue(job, {}, options)
      .catch((error: unknown) => this.log.debug(`Tick ${job} could not enqueue: ${String(error)}`));
  }
}
