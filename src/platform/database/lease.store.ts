import { performance } from 'node:perf_hooks';
import type { Client } from 'pg';
import type { EntityManager, QueryRunner } from 'typeorm';

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
  readonly manager: EntityManager;
  /**
   * When the last answered question was asked: earlier than PostgreSQL's own count begins, so we give up before it does. Or when the work
   * was last seen to wait for an answer: until it is given PostgreSQL does not count.
   */
  private provedAt = performance.now();
  private running = 0;
  private question: Promise<void> = Promise.resolve();
  private isAsking = false;

  constructor(
    private readonly name: string,
    private readonly client: Client,
    runner: QueryRunner,
    private readonly leaseMs: number,
  ) {
    this.manager = runner.manager;
    const query = runner.query.bind(runner);
    runner.query = ((...asked: Parameters<typeof query>) => this.run(() => query(...asked))) as typeof runner.query;
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
    await Promise.race([this.question.then(() => this.prove()), lost]);
    if (onLost) signal.removeEventListener('abort', onLost);
    this.checkClock();
    signal.throwIfAborted();
  }

  stop(): void {
    clearInterval(this.timer);
    this.client.off('error', this.onBroken);
    this.client.off('end', this.onBroken);
  }

  /**
   * What the work asks of the session: not while we ask, since `pg` queues no queries from version 9 on. Should its answer be lost on the
   * way, the time limit of queries ends the wait; until then the lead may be gone unnoticed, but nothing can be written through this session.
   */
  private async run<T>(query: () => Promise<T>): Promise<T> {
    await this.question;
    this.running++;
    try {
      return await query();
    } finally {
      this.running--;
    }
  }

  private beat(): void {
    this.checkClock();
    if (this.lost.signal.aborted || this.isAsking) return;
    if (this.running > 0) this.provedAt = performance.now();
    else void this.prove();
  }

  private prove(): Promise<void> {
    this.isAsking = true;
    this.question = this.ask().finally(() => (this.isAsking = false));
    return this.question;
  }

  private async ask(): Promise<void> {
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
