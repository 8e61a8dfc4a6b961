import { Logger } from '@nestjs/common';
import type { Job } from 'bullmq';
import { within } from '../observability/time-limit.js';
import { messageOf } from './connection-failure.js';
import type { JobAnnouncer } from './job-announcer.service.js';

/** Between two reports that are written. */
const EVERY_MS = 250;
const MOST_BYTES = 2_048;
/** How long the end of a job waits for its last report. */
const PATIENCE_MS = 1_000;

/** Writes what one run of a job says of its progress: the newest, at most four times a second, and nothing after its end. */
export class JobProgressReporter {
  private readonly log = new Logger('JobProgress');
  private newest: Record<string, unknown> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private writtenAt = -Infinity;
  private finished = false;

  constructor(
    private readonly job: Job,
    private readonly announcer: JobAnnouncer,
  ) {}

  report(report: Record<string, unknown>): void {
    if (this.finished) return;
    // A copy: the handler may go on counting in the same object.
    const text = JSON.stringify(report);
    if (Buffer.byteLength(text) > MOST_BYTES) {
      this.log.warn(`A report of ${this.job.name} over ${MOST_BYTES} bytes was left out`);
      return;
    }
    this.newest = JSON.parse(text) as Record<string, unknown>;
    const waitMs = this.writtenAt + EVERY_MS - performance.now();
    if (waitMs <= 0) this.write();
    else this.timer ??= setTimeout(() => this.write(), waitMs);
  }

  /** Writes the last report, and waits for it a moment: the job's end comes after its progress. Never rejects. */
  async finish(): Promise<void> {
    if (this.newest) this.write();
    this.finished = true;
    clearTimeout(this.timer);
    await within(PATIENCE_MS, this.writing).catch(() => undefined);
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const report = this.newest;
    if (!report) return;
    this.newest = undefined;
    this.writtenAt = performance.now();
    // One after the other: an older report never comes last.
    this.writing = this.writing
      .then(() => this.job.updateProgress(report))
      .catch((error: unknown) => this.log.debug(`The progress of ${this.job.name} was not kept: ${messageOf(error)}`))
      .then(() => this.announcer.tell(this.job, 'active'));
  }
}
