import { Injectable, Logger } from '@nestjs/common';
import { type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { messageOf } from './connection-failure.js';
import { type CycleSlot, isLate } from './cycle-slot.js';
import { CycleStore } from './cycle.store.js';
import { JobCatalogue, type JobDefinition } from './job-catalogue.js';
import { JobCounters } from './job-counters.js';
import { DROPPED_LATE, jobEnvelope, slotOfEnvelope } from './job-envelope.js';
import { JobAnnouncer } from './job-announcer.service.js';
import type { FoundHandler } from './job-handler.explorer.js';
import { JobProgressReporter } from './job-progress.service.js';
import { JobTimeLimitError, WorkerStoppingError } from './queue-errors.js';

/** What ends a run before its handler does. */
export interface RunSignals {
  /** The worker must stop. */
  stopping: AbortSignal;
  /** BullMQ gave the job to another worker. */
  lost?: AbortSignal;
}

/** Between two lines about late jobs. */
const LATE_LINE_EVERY_MS = 60_000;

/** Runs one try of one job: checks it, drops it when it is late, and keeps the time limit. Handlers need not care for any of it. */
@Injectable()
export class JobRunner {
  private readonly log = new Logger('JobRunner');

  constructor(
    private readonly catalogue: JobCatalogue,
    private readonly cycles: CycleStore,
    private readonly counters: JobCounters,
    private readonly announcer: JobAnnouncer,
  ) {}

  /**
   * @param token BullMQ's lock of this run
   * @returns what is stored as the job's result
   * @throws what makes BullMQ retry the job, bury it (`UnrecoverableError`) or leave it in the queue (`WaitingError`)
   */
  async run(
    job: Job,
    token: string | undefined,
    handler: FoundHandler | undefined,
    signals: RunSignals,
  ): Promise<unknown> {
    const definition = this.catalogue[job.name];
    if (!definition || !handler) {
      throw new UnrecoverableError(`This worker does not know the job ${job.name}; another version enqueued it`);
    }
    if (signals.stopping.aborted) return this.handBack(job, token);
    const { payload, slot } = check(job, definition);
    const jobId = job.id ?? '';
    if (this.isLate(job, definition, slot)) {
      await this.drop(job.name, jobId, slot);
      return DROPPED_LATE;
    }
    const startedAt = performance.now();
    const timedOut = new AbortController();
    const timer = setTimeout(
      () => timedOut.abort(new JobTimeLimitError(job.name, definition.timeoutMs)),
      definition.timeoutMs,
    );
    const signal = AbortSignal.any([timedOut.signal, signals.stopping, ...(signals.lost ? [signals.lost] : [])]);
    const reporter = new JobProgressReporter(job, this.announcer);
    this.announcer.tell(job, 'active');
    try {
      const progress = (report: Record<string, unknown>): void => reporter.report(report);
      const context = { jobId, signal, attempt: job.attemptsMade + 1, progress, ...(slot && { slot }) };
      const result = await untilAborted(handler.run(payload, context), signal);
      this.counters.completed(job.name, performance.now() - startedAt);
      return result;
    } catch (error) {
      if (timedOut.signal.aborted) this.counters.add(job.name, 'timedOut');
      else if (signals.stopping.aborted) return await this.handBack(job, token);
      throw error;
    } finally {
      clearTimeout(timer);
      await reporter.finish();
    }
  }

  private isLate(job: Job, { maxAgeMs }: JobDefinition, slot: CycleSlot | undefined): boolean {
    const now = new Date();
    if (slot && isLate(slot, now)) return true;
    const dueAt = slot?.dueAt.getTime() ?? job.timestamp + (job.opts.delay ?? 0);
    return maxAgeMs !== undefined && now.getTime() - dueAt > maxAgeMs;
  }

  private toldLateAt = -Infinity;

  private async drop(name: string, jobId: string, slot: CycleSlot | undefined): Promise<void> {
    this.counters.add(name, 'late');
    const line = `Job ${jobId} (${name}) came too late and was dropped`;
    // After an outage there may be hundreds: one line a minute, the table of misses has them all.
    if (performance.now() - this.toldLateAt > LATE_LINE_EVERY_MS) this.log.warn(line);
    else this.log.debug(line);
    this.toldLateAt = performance.now();
    if (!slot) return;
    // The count is a statistic: not worth keeping a job that must not run.
    await this.cycles.recordMiss(slot, 'late').catch((error: unknown) => {
      this.log.warn(`The missed cycle ${slot.id} could not be recorded: ${messageOf(error)}`);
    });
  }

  /** Not the job's fault: it goes back to the front of the queue without losing a try, for another worker. */
  private async handBack(job: Job, token: string | undefined): Promise<never> {
    await job.moveToWait(token);
    this.counters.add(job.name, 'handedBack');
    throw new WaitingError();
  }
}

function check(job: Job, definition: JobDefinition): { payload: unknown; slot: CycleSlot | undefined } {
  const envelope = jobEnvelope.safeParse(job.data);
  if (!envelope.success) throw new UnrecoverableError(`Not a job of this product: ${envelope.error.message}`);
  const payload = definition.payload.safeParse(envelope.data.payload);
  if (!payload.success) throw new UnrecoverableError(`Wrong payload for ${job.name}: ${payload.error.message}`);
  return { payload: payload.data, slot: slotOfEnvelope(envelope.data, job.id ?? '') };
}

/** The result of `work`, or the reason of the abort as soon as it comes, even when `work` does not heed the signal. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new WorkerStoppingError());
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
