import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { AdvisoryLock, type Lease } from '../database/advisory-lock.store.js';
import { OutageLog } from '../queue/outage-log.js';

/** How long a leader may be silent before another process takes over. */
const LEASE_MS = 15_000;
/** How often those that stand by look, and how long after a failure it is tried again. */
const LOOK_EVERY_MS = 2_000;
/** How long a shutdown waits for the work to end. */
const FAREWELL_MS = 10_000;

/** Work that goes on in one process of an installation at a time. */
export interface Duty {
  /** Of the lock, and for the log: `alert-evaluator`. */
  name: string;
  /**
   * Goes on until `signal` is aborted: the process ends, or the lease is lost. Then it must end soon.
   * What it throws is logged, and it begins anew.
   * @param lease writes through `lease.manager` cannot happen after the lead is lost
   */
  work(lease: Lease, signal: AbortSignal): Promise<void>;
}

/**
 * The watchdog's way to run: not through the queue, in one process at a time. The others stand by and take over within seconds when
 * the leader dies (at once), freezes (after 15 s) or ends in order.
 */
@Injectable()
export class Leadership implements BeforeApplicationShutdown {
  private readonly log = new Logger('Leadership');
  private readonly ending = new AbortController();
  private readonly duties: Promise<void>[] = [];

  constructor(private readonly lock: AdvisoryLock) {}

  /** Holds a connection of the pool for as long as it leads. */
  take(duty: Duty): void {
    this.duties.push(this.run(duty));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    const limit = new AbortController();
    const farewell = pause(FAREWELL_MS, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled(this.duties), farewell]);
    limit.abort();
  }

  private async run(duty: Duty): Promise<void> {
    const { signal } = this.ending;
    const outage = new OutageLog(`The lead of ${duty.name}`, this.log);
    while (!signal.aborted) {
      try {
        await this.lock.tryWithLock(duty.name, { leaseMs: LEASE_MS }, async (lease) => {
          outage.succeeded(new Date());
          this.log.debug(`This process leads ${duty.name}`);
          await duty.work(lease, AbortSignal.any([signal, lease.signal]));
        });
      } catch (error) {
        if (!signal.aborted) outage.failed(error, new Date());
      }
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
