import { hostname } from 'node:os';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { Job, Worker } from 'bullmq';
import type { QueueName } from '../config/settings.schema.js';
import { Settings } from '../config/settings.schema.js';
import { within } from '../observability/time-limit.js';
import { JobAnnouncer } from './job-announcer.service.js';
import { JobCounters } from './job-counters.js';
import { JobHandlerExplorer, type FoundHandler } from './job-handler.explorer.js';
import { JobRunner } from './job-runner.service.js';
import { openWorker } from './queue-backend.client.js';
import { QueueConnection } from './queue-connection.port.js';
import { WorkerStoppingError } from './queue-errors.js';
import { QueueOutage } from './queue-outage.service.js';

/** Times of a worker; tests shorten them. */
export class WorkerTimes {
  /** How long running jobs may go on after the worker was asked to stop. */
  readonly drainMs: number = 15_000;
  /** How long after that jobs may take to heed their signal and be handed back. */
  readonly handBackMs: number = 1_500;
  /** How long closing the connections may take. */
  readonly closeMs: number = 2_000;
  /** How long a worker may be silent before its jobs are given to another. */
  readonly stalledMs: number = 15_000;
}

/**
 * Takes jobs from the queues of `SWARMWARD_WORKER_QUEUES` and runs their handlers, `SWARMWARD_WORKER_CONCURRENCY` at once in each.
 * The application does not wait for it at start: connecting happens behind its back, and lasts until it succeeds.
 */
@Injectable()
export class WorkerHost implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Worker');
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<unknown>>();
  private handlers = new Map<string, FoundHandler>();
  private workers: Worker[] = [];
  private stopped: Promise<void> | undefined;
  private taking = false;

  constructor(
    private readonly settings: Settings,
    private readonly connection: QueueConnection,
    private readonly explorer: JobHandlerExplorer,
    private readonly runner: JobRunner,
    private readonly counters: JobCounters,
    private readonly times: WorkerTimes,
    private readonly outage: QueueOutage,
    private readonly announcer: JobAnnouncer,
  ) {}

  /** @throws Error when a job of the queues has not exactly one handler */
  onModuleInit(): void {
    this.handlers = this.explorer.explore(this.settings.workerQueues);
  }

  onApplicationBootstrap(): void {
    this.workers = this.settings.workerQueues.map((queue) => this.open(queue));
    void this.begin();
  }

  /** Whether jobs are being taken from all queues. */
  get isTaking(): boolean {
    return this.taking;
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /**
   * Takes no more jobs, lets the running ones finish for 15 s, then aborts them and hands them back to the queue. Lasts at most 19 s,
   * whatever hangs. Calling it again waits for the same end.
   */
  stop(): Promise<void> {
    return (this.stopped ??= this.drain());
  }

  private open(queue: QueueName): Worker {
    const options = {
      concurrency: this.settings.workerConcurrency,
      name: `${hostname()}-${process.pid}`,
      stalledMs: this.times.stalledMs,
    };
    const worker = openWorker(
      this.connection.target,
      queue,
      // Three parameters: BullMQ gives the signal only to a processor that names it.
      (job: Job, token?: string, lost?: AbortSignal) => this.process(job, token, lost),
      options,
      this.outage,
    );
    // Told only now: who then looks the job up finds its result.
    worker.on('completed', (job) => this.announcer.tell(job, 'completed'));
    worker.on('failed', (job, error) => this.onFailed(job, error));
    worker.on('ready', () => this.outage.succeeded());
    worker.on('stalled', (jobId) => this.log.warn(`Job ${jobId} lost its worker and goes back to the queue`));
    return worker;
  }

  private async begin(): Promise<void> {
    try {
      await Promise.all(this.workers.map((worker) => worker.waitUntilReady()));
    } catch (error) {
      // Only closing ends the attempts to connect.
      if (!this.stopped) this.outage.failed(error);
      return;
    }
    if (this.stopped) return;
    for (const worker of this.workers) worker.run().catch((error: unknown) => this.outage.failed(error));
    this.taking = true;
  }

  private process(job: Job, token: string | undefined, lost: AbortSignal | undefined): Promise<unknown> {
    const signals = { stopping: this.stopping.signal, ...(lost && { lost }) };
    const run = this.runner.run(job, token, this.handlers.get(job.name), signals);
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    this.running.add(settled);
    void settled.then(() => this.running.delete(settled));
    return run;
  }

  private onFailed(job: Job | undefined, error: Error): void {
    if (!job) return;
    const final = job.finishedOn !== undefined && job.finishedOn !== null;
    this.counters.add(job.name, final ? 'failed' : 'retried');
    this.announcer.tell(job, final ? 'failed' : 'waiting');
    const line = { jobId: job.id, job: job.name, attempt: job.attemptsMade, error: error.message };
    if (final) this.log.warn({ ...line, message: `Job ${job.id} (${job.name}) failed: ${error.message}` });
    else
      this.log.debug({ ...line, message: `Job ${job.id} (${job.name}) failed and is tried again: ${error.message}` });
  }

  private async drain(): Promise<void> {
    this.taking = false;
    const { drainMs, handBackMs, closeMs } = this.times;
    // Closing ends the taking of jobs at once and then waits for the running ones.
    const closed = Promise.allSettled(this.workers.map((worker) => worker.close()));
    if (await atMost(drainMs, closed)) return;
    if (this.running.size > 0) {
      this.log.warn(`${this.running.size} jobs still run after ${drainMs} ms and are handed back to the queue`);
    }
    this.stopping.abort(new WorkerStoppingError());
    if (await atMost(handBackMs + closeMs, closed)) return;
    this.log.warn('The job queue did not close in time; other workers take over the jobs that were left');
  }
}

/** Whether `work` ended within the limit. A failure counts as an end. */
function atMost(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const ended = work.then(
    () => true,
    () => true,
  );
  return within(limitMs, ended).catch(() => false);
}
