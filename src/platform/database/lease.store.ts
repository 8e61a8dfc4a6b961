import { performance } from 'node:perf_hooks';
import type { Client } from 'pg';
import type { EntityManager } from 'typeorm';

/** A held lock, as the work under it sees it. */
export interface Lease {
  /**
   * Aborted when the lock is lost. Asking for it looks at the clock as well: work that goes on after a freeze sees it before
   * any timer had a chance to tell.
   */
  readonly signal: AbortSignal;
  /**
   * Writes through the very session that holds the lock: such a write cannot happen after the lock is lost.
   */
  readonly manager: EntityManager;
  /** Asks PostgreSQL. @throws LeaseLostError when the lock is lost or PostgreSQL does not answer within the lease */
  assertHeld(): Promise<void>;
}

/** The lock was lost: somebody else may hold it by now. Whatever was about to be published must not be. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  /** @param broken whether the connection broke, which everything else that needs the database says as well */
  constructor(
    message: string,
    readonly broken: boolean,
  ) {
    super(message);
  }
}

/** Proves to PostgreSQL three times a lease that this process still runs, and to this process that it still holds the lock. */
export class LeaseHeartbeat implements Lease {
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;
  /** When the last answered question was asked: earlier than PostgreSQL's own count begins, so we give up before it does. */
  private provedAt = performance.now();

  constructor(
    private readonly name: string,
    private readonly client: Client,
    readonly manager: EntityManager,
    private readonly leaseMs: number,
  ) {
    client.on('error', this.onBroken);
    client.on('end', this.onBroken);
    this.timer = setInterval(() => this.beat(), leaseMs / 3);
  }

  get signal(): AbortSignal {
    this.checkClock();
    return this.lost.signal;
  }

  async assertHeld(): Promise<void> {
    this.checkClock();
    const { signal } = this.lost;
    if (signal.aborted) throw signal.reason;
    let onLost: (() => void) | undefined;
    const lost = new Promise<void>((resolve) => {
      onLost = resolve;
      signal.addEventListener('abort', onLost);
    });
    await Promise.race([this.prove(), lost]);
    if (onLost) signal.removeEventListener('abort', onLost);
    this.checkClock();
    signal.throwIfAborted();
  }

  stop(): void {
    clearInterval(this.timer);
    this.client.off('error', this.onBroken);
    this.client.off('end', this.onBroken);
  }

  private beat(): void {
    this.checkClock();
    if (!this.lost.signal.aborted) void this.prove();
  }

  private async prove(): Promise<void> {
    const askedAt = performance.now();
    try {
      await this.client.query('SELECT 1');
    } catch (error) {
      // Within a failed transaction every statement is refused, but the session and its lock live on.
      if ((error as { code?: unknown }).code !== '25P02') {
        return this.lose((error as Error).message, true);
      }
    }
    this.provedAt = Math.max(this.provedAt, askedAt);
  }

  private checkClock(): void {
    const silentMs = performance.now() - this.provedAt;
    if (silentMs > this.leaseMs) this.lose(`no answer from PostgreSQL for ${Math.round(silentMs)} ms`, false);
  }

  private readonly onBroken = (error?: Error): void => {
    this.lose(error?.message ?? 'the connection ended', true);
  };

  private lose(reason: string, broken: boolean): void {
    if (this.lost.signal.aborted) return;
    clearInterval(this.timer);
    this.lost.abort(new LeaseLostError(`The lock ${this.name} was lost: ${reason}`, broken));
  }
}
