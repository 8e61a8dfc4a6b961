import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { AdvisoryLock, type Lease } from '../database/advisory-lock.store.js';
import { isConnectionFailure } from '../queue/connection-failure.js';
import { OutageLog } from '../queue/outage-log.js';

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

/** Times of the leads; tests shorten them. */
export class LeadershipTimes {
  /** How long a leader may be silent before another process takes over. */
  readonly leaseMs: number = 15_000;
  /** How often those that stand by look, and how long after a failure it is tried again. */
  readonly lookEveryMs: number = 2_000;
  /** The longest pause after work that fails again and again. */
  readonly longestPauseMs: number = 60_000;
  /** How long a shutdown waits for the work to end. */
  readonly farewellMs: number = 10_000;
}

/**
 * The watchdog's way to run: not through the queue, in one process at a time. The others stand by and take over within seconds when
 * the leader dies (at once), freezes or is cut off (after 15 s) or ends in order. Each duty holds one connection of the pool.
 */
@Injectable()
export class Leadership implements BeforeApplicationShutdown {
  private readonly log = new Logger('Leadership');
  private readonly ending = new AbortController();
  private readonly duties: Promise<void>[] = [];
  /** One for all duties: what keeps one from its lock keeps the others as well. */
  private readonly outage = new OutageLog('The lead of the watchdog', this.log);

  constructor(
    private readonly lock: AdvisoryLock,
    private readonly times: LeadershipTimes = new LeadershipTimes(),
  ) {}

  /** Begins at once, in the background, and goes on until the application ends. */
  take(duty: Duty): void {
    this.duties.push(this.run(duty));
  }

  /** While the database is still there: the leads are given back, and others need not wait for their leases. */
  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    const limit = new AbortController();
    const farewell = pause(this.times.farewellMs, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled(this.duties), farewell]);
    limit.abort();
  }

  private async run(duty: Duty): Promise<void> {
    const { outage } = this;
    const { signal } = this.ending;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const turn = await this.lock.tryWithLock(duty.name, this.times, async (lease) => {
          outage.succeeded(new Date());
          return this.lead(duty, lease);
        });
        // A lead that ended may have been lost with the database; an answer that another process leads came from it.
        if (!turn.acquired) outage.succeeded(new Date());
        // Standing by and a lead that was lost are no failures of the work.
        failures = turn.acquired && turn.value ? failures + 1 : 0;
      } catch (error) {
        if (!signal.aborted) outage.failed(error, new Date());
      }
      const { lookEveryMs, longestPauseMs } = this.times;
      const pauseMs = Math.min(lookEveryMs * 2 ** Math.min(Math.max(failures - 1, 0), 20), longestPauseMs);
      await pause(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns whether the work itself failed: then the lock is given back like any other, for a process that may do better */
  private async lead({ name, work }: Duty, lease: Lease): Promise<boolean> {
    this.log.debug(`This process leads ${name}`);
    try {
      await work(lease, AbortSignal.any([this.ending.signal, lease.signal]));
      return false;
    } catch (error) {
      if (this.ending.signal.aborted || lease.signal.aborted || isConnectionFailure(error)) return false;
      this.log.error(`${name} failed and begins anew: ${error instanceof Error ? error.stack : String(error)}`);
      return true;
    }
  }
}
