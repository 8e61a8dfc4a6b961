import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { JobProducer } from '../../platform/queue/job-producer.service.js';
import { SwarmClient } from '../engine/swarm-client.port.js';
import { SwarmPublisher } from '../picture/swarm-publisher.service.js';
import { dueAt, followUps } from './change-debounce.js';
import type { RequestedBy } from './refresh-outcome.js';

/**
 * At start warms the tiers with the last picture and asks for a refresh; asks again about a second after something changed
 * in the swarm. Docker's events supplement the polling, they do not replace it: there are none for tasks.
 */
@Injectable()
export class SwarmWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Swarm');
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | null = null;
  private followUpTimers: NodeJS.Timeout[] = [];
  private firstChange = 0;
  private lastChange = 0;
  private watching: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: SwarmClient,
    private readonly jobs: JobProducer,
    private readonly publisher: SwarmPublisher,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    this.publisher
      .rewarm(new Date())
      .catch((error: unknown) => this.log.debug(`Could not warm the cache: ${String(error)}`));
    void this.ask('startup', new Date());
    this.watching = this.client
      .watch(() => this.changed(Date.now()), this.stop.signal)
      .catch((error: unknown) => this.log.warn(`Stopped following Docker's events: ${String(error)}`));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    if (this.timer) clearTimeout(this.timer);
    this.followUpTimers.forEach(clearTimeout);
    await this.watching;
  }

  private changed(now: number): void {
    if (this.timer) clearTimeout(this.timer);
    else this.firstChange = now;
    this.lastChange = now;
    this.timer = setTimeout(
      () => {
        this.timer = null;
        void this.ask('event', new Date(this.lastChange));
        this.lookAgain();
      },
      dueAt(this.firstChange, now) - now,
    );
  }

  /** A later change starts the series anew. */
  private lookAgain(): void {
    this.followUpTimers.forEach(clearTimeout);
    this.followUpTimers = followUps(this.settings.swarmRefreshSeconds).map((seconds) =>
      setTimeout(() => void this.ask('event', new Date()), seconds * 1000),
    );
  }

  private async ask(requestedBy: RequestedBy, requestedAt: Date): Promise<void> {
    try {
      await this.jobs.enqueue('swarm.refresh', { requestedBy, requestedAt: requestedAt.toISOString() });
    } catch (error) {
      // The cron asks again; a lost hint costs at most one interval.
      this.log.debug(`Could not ask for a refresh: ${String(error)}`);
    }
  }
}
