import { Injectable, Logger } from '@nestjs/common';
import type { Client } from 'pg';
import { DataSource } from 'typeorm';
import { LeaseHeartbeat, LeaseLostError, type Lease } from './lease.store.js';

export type { Lease } from './lease.store.js';
export type LockResult<T> = { acquired: true; value: T } | { acquired: false };

/** Shortest lease: below it a busy machine would lose locks by its own slowness. */
const MIN_LEASE_MS = 300;

/**
 * Locks between processes, kept by PostgreSQL for the session that holds them. PostgreSQL itself ends a session that has
 * been silent for the lease, so that a process that is frozen (not only one that is dead) loses its lock and others go on.
 */
@Injectable()
export class AdvisoryLock {
  private readonly log = new Logger('AdvisoryLock');

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` if nobody holds the lock of that name. Takes one connection of the pool for as long as it runs.
   * @param leaseMs how long a holder may be silent (frozen, cut off) before the lock is taken from it
   * @param work gets the lease: it should stop at `signal` and call `assertHeld()` right before it publishes anything
   */
  async tryWithLock<T>(
    name: string,
    { leaseMs }: { leaseMs: number },
    work: (lease: Lease) => Promise<T>,
  ): Promise<LockResult<T>> {
    if (leaseMs < MIN_LEASE_MS) throw new RangeError(`leaseMs must be at least ${MIN_LEASE_MS}`);
    const runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as Client;
    let heartbeat: LeaseHeartbeat | undefined;
    try {
      if (!(await acquire(client, name, leaseMs))) return { acquired: false };
      heartbeat = new LeaseHeartbeat(name, client, runner, leaseMs);
      return { acquired: true, value: await work(heartbeat) };
    } finally {
      heartbeat?.stop();
      await this.giveBack(client, name, heartbeat);
      await runner.release();
    }
  }

  /** The connection returns to the pool as it came; one that does not is closed, which frees the lock as well. */
  private async giveBack(client: Client, name: string, heartbeat: LeaseHeartbeat | undefined): Promise<void> {
    try {
      if (heartbeat?.signal.aborted) throw heartbeat.signal.reason;
      if (!heartbeat) return;
      await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name]);
      await client.query('RESET idle_session_timeout; RESET idle_in_transaction_session_timeout');
    } catch (error) {
      const { message } = error as Error;
      if (!(error instanceof LeaseLostError)) this.log.warn(`The lock ${name} could not be given back: ${message}`);
      else this.log[error.broken ? 'debug' : 'warn'](message);
      client.end().catch(() => undefined);
    }
  }
}

/** First the lock, then the time limits: a session that did not get it keeps its own. */
async function acquire(client: Client, name: string, leaseMs: number): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    `SELECT held, CASE WHEN held THEN set_config('idle_session_timeout', $2, false) END,
                  CASE WHEN held THEN set_config('idle_in_transaction_session_timeout', $2, false) END
     FROM (SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held OFFSET 0) AS attempt`,
    [name, String(leaseMs)],
  );
  return rows[0]?.held === true;
}
