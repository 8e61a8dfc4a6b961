import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { type JobContext, JobHandler } from '../../platform/queue/job-handler.decorator.js';
import type { JobPayload } from '../../platform/queue/job-catalogue.js';
import { partitionNamed } from './partition-calendar.js';
import { Partitions } from './partitions.store.js';
import { type CleanUp, Retention } from './retention.store.js';
import { type RollupRun, Rollups } from './rollups.store.js';
import { TableStatistics } from './table-statistics.store.js';

const DAY_MS = 86_400_000;
/** Fewer than the catalogue allows: the last try says what it left instead of failing. */
const CLEANUP_TRIES = 5;

/** The upkeep of history, as jobs. */
@Injectable()
export class HistoryProcessor {
  private readonly log = new Logger('History');

  constructor(
    private readonly settings: Settings,
    private readonly partitions: Partitions,
    private readonly rollups: Rollups,
    private readonly retention: Retention,
    private readonly statistics: TableStatistics,
  ) {}

  @JobHandler('partitions.ensure')
  async ensurePartitions(): Promise<{ created: string[] }> {
    const now = new Date();
    const { created } = await this.partitions.ensure(now);
    const late = created.filter((name) => partitionNamed(name)!.from.getTime() <= now.getTime() + DAY_MS);
    if (late.length > 0)
      this.log.warn(`Partitions were missing for tomorrow or earlier; made them now: ${late.join(', ')}.`);
    return { created };
  }

  @JobHandler('rollups.run')
  runRollups(_payload: JobPayload<'rollups.run'>, { signal }: JobContext): Promise<RollupRun> {
    return this.rollups.run(new Date(), signal);
  }

  @JobHandler('pings.cleanup')
  async cleanUp(_payload: JobPayload<'pings.cleanup'>, { signal, attempt }: JobContext): Promise<CleanUp> {
    const result = await this.retention.cleanUp(new Date(), this.settings.pingRetentionDays, signal);
    const { dropped, kept, freed_bytes: freed } = result;
    if (dropped.length > 0) {
      this.log.log(
        `Dropped ${dropped.length} partitions past their retention (${(freed / 1e6).toFixed(0)} MB): ${dropped.join(', ')}.`,
      );
    }
    for (const { partition, reason } of kept.filter(({ busy }) => !busy))
      this.log.warn(`Kept ${partition}: ${reason}.`);
    const busy = kept.find((each) => each.busy);
    if (busy && attempt < CLEANUP_TRIES) throw new Error(`${busy.partition} could not be dropped now: ${busy.reason}`);
    return result;
  }

  @JobHandler('tables.analyze')
  analyze(_payload: JobPayload<'tables.analyze'>, { signal }: JobContext): Promise<{ analyzed: string[] }> {
    return this.statistics.refresh(new Date(), signal);
  }
}
