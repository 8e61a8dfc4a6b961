import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ProductVersion } from '../config/product-version.js';
import { Settings } from '../config/settings.schema.js';
import { OutageLog } from './outage-log.js';
import { WorkerHost } from './worker-host.service.js';
import { newRegistration, type RegisteredWorker, WorkerStore } from './worker.store.js';

const BEAT_MS = 10_000;
/** Until the first beat, and while the worker still connects: so that a new worker is soon seen. */
const FIRST_BEAT_MS = 100;
const REMOVE_LIMIT_MS = 1_000;

/** Tells the database every 10 s that this worker is alive, from when it takes jobs until it stops. */
@Injectable()
export class WorkerHeartbeat implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly outage = new OutageLog('The worker registry', new Logger('Worker'));
  private readonly stopping = new AbortController();
  private beating: Promise<void> | undefined;
  readonly worker: Readonly<RegisteredWorker>;

  constructor(
    private readonly settings: Settings,
    version: ProductVersion,
    private readonly store: WorkerStore,
    private readonly host: WorkerHost,
  ) {
    this.worker = newRegistration(settings.role, version.text, {
      queues: [...settings.workerQueues],
      concurrency: settings.workerConcurrency * settings.workerQueues.length,
    });
  }

  onApplicationBootstrap(): void {
    this.beating = this.beat();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    // Without it the worker would count as alive for 30 s more. A database that is away forgets it by itself.
    const removed = this.beating?.then(() => this.store.remove(this.worker.id)).catch(() => undefined);
    await Promise.race([removed, pause(REMOVE_LIMIT_MS, undefined, { ref: false })]);
  }

  private async beat(): Promise<void> {
    const { signal } = this.stopping;
    // Embedded PostgreSQL: a predecessor that was killed would count as alive for half a minute.
    if (!this.settings.databaseUrl)
      await this.store.removeAll().catch((error: unknown) => this.outage.failed(error, new Date()));
    while (!signal.aborted) {
      const taking = this.host.isTaking;
      if (taking) await this.beatOnce();
      await pause(taking ? BEAT_MS : FIRST_BEAT_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  private async beatOnce(): Promise<void> {
    try {
      await this.store.beat(this.worker);
      this.outage.succeeded(new Date());
    } catch (error) {
      this.outage.failed(error, new Date());
    }
  }
}
