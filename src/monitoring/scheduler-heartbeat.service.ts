import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { ProductVersion } from '../platform/config/product-version.js';
import { Settings } from '../platform/config/settings.schema.js';
import { within } from '../platform/observability/time-limit.js';
import { newRegistration, type RegisteredWorker, WorkerStore } from '../platform/queue/worker.store.js';

const BEAT_MS = 10_000;
const LIMIT_MS = 2_000;

/** A scheduler of its own registers beside the workers, taking no jobs, so that health can say whether one is alive. */
@Injectable()
export class SchedulerHeartbeat implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Scheduler');
  private readonly registration: RegisteredWorker | null;
  private stopped = false;

  constructor(
    settings: Settings,
    version: ProductVersion,
    private readonly store: WorkerStore,
  ) {
    // In role all the worker's own beat says it already.
    this.registration =
      settings.role === 'scheduler' ? newRegistration('scheduler', version.text, { queues: [], concurrency: 0 }) : null;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.beat();
  }

  @Interval('scheduler-heartbeat', BEAT_MS)
  async beat(): Promise<void> {
    if (!this.registration || this.stopped) return;
    await within(LIMIT_MS, this.store.beat(this.registration)).catch((error: unknown) =>
      this.log.debug(`Could not register: ${String(error)}`),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (!this.registration) return;
    // Whoever dies without a word counts as alive for 30 s more.
    await within(LIMIT_MS, this.store.remove(this.registration.id)).catch((error: unknown) =>
      this.log.debug(`Could not deregister: ${String(error)}`),
    );
  }
}
