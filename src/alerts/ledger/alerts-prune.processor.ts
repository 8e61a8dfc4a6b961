import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import type { JobPayload } from '../../platform/queue/job-catalogue.js';
import { type JobContext, JobHandler } from '../../platform/queue/job-handler.decorator.js';
import { AlertRetention, PRUNED, type Pruned } from './alert-retention.store.js';

/** Rows removed by one statement, without what goes with them: short enough to hold nobody up. */
const BATCH = 1_000;

/** Keeps alerts and what was told of them from growing for ever. */
@Injectable()
export class AlertsPruneProcessor {
  constructor(
    private readonly retention: AlertRetention,
    private readonly settings: Settings,
  ) {}

  /** What a time limit or a stop leaves over, the next run removes. */
  @JobHandler('alerts.prune')
  async prune(_payload: JobPayload<'alerts.prune'>, { signal }: JobContext): Promise<Record<Pruned, number>> {
    const removed = { outbox: 0, alerts: 0, deliveries: 0, silences: 0 };
    for (const what of PRUNED) {
      for (let batch = BATCH; batch === BATCH; removed[what] += batch) {
        signal.throwIfAborted();
        batch = await this.retention.prune(what, this.settings.alertRetentionDays, BATCH);
      }
    }
    return removed;
  }
}
