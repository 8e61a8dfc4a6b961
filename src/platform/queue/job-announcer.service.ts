import { Injectable, Logger } from '@nestjs/common';
import type { Job } from 'bullmq';
import { EventBus } from '../events/event-bus.store.js';
import type { NoticeOf } from '../events/notice.js';
import { within } from '../observability/time-limit.js';
import { messageOf } from './connection-failure.js';
import { isReport } from './describe-job.js';
import { JobCatalogue } from './job-catalogue.js';

/** Notices that wait while the database is slow; what comes on top is not told. */
const MOST_WAITING = 200;
const PATIENCE_MS = 5_000;

/**
 * Tells begin, progress and end of the jobs that the catalogue announces, one after the other: their order is that of what happened.
 * A job never waits for it and never fails by it.
 */
@Injectable()
export class JobAnnouncer {
  private readonly log = new Logger('JobAnnouncer');
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly catalogue: JobCatalogue,
    private readonly bus: EventBus,
  ) {}

  tell(job: Pick<Job, 'id' | 'name' | 'progress'>, state: NoticeOf<'job'>['state']): void {
    if (!this.catalogue[job.name]?.announced || this.waiting >= MOST_WAITING) return;
    const progress = isReport(job.progress) ? job.progress : null;
    const notice: NoticeOf<'job'> = { kind: 'job', id: job.id ?? '', name: job.name, state, progress };
    this.waiting += 1;
    this.last = this.last
      .then(() => within(PATIENCE_MS, this.bus.publish(notice)))
      .catch((error: unknown) => this.log.debug(`${job.name} could not be announced: ${messageOf(error)}`))
      .finally(() => (this.waiting -= 1));
  }
}
