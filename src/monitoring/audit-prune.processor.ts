import { Injectable } from '@nestjs/common';
import { type JobContext, JobHandler } from '../platform/queue/job-handler.decorator.js';
import type { JobPayload } from '../platform/queue/job-catalogue.js';
import { AuditRetention } from '../platform/security/audit-retention.store.js';

/** A year, so that whoever reviews once a year finds everything since the last time. */
const AUDIT_KEPT_DAYS = 365;
/** Entries removed by one statement: short enough to hold nobody up. */
const BATCH = 5_000;

/** Keeps the audit log from growing for ever. */
@Injectable()
export class AuditPruneProcessor {
  constructor(private readonly audit: AuditRetention) {}

  /** What a time limit or a stop leaves over, the next run removes. */
  @JobHandler('audit.prune')
  async prune(_payload: JobPayload<'audit.prune'>, { signal }: JobContext): Promise<{ removed: number }> {
    let removed = 0;
    for (let batch = BATCH; batch === BATCH; removed += batch) {
      signal.throwIfAborted();
      batch = await this.audit.prune(AUDIT_KEPT_DAYS, BATCH);
    }
    return { removed };
  }
}
