import { setTimeout as pause } from 'node:timers/promises';
import type { PlainLog } from '../plain-log.js';
import type { DataFolder } from './data-folder.driver.js';
import { boundLog } from './log-file.driver.js';
import { type Postmaster, startPostmaster, stopPostmaster } from './postmaster.driver.js';
import { MAX_ENDS, restartDelay, WINDOW_MS } from './restart-policy.js';

const LOG_CHECK_MS = 60_000;

/** Keeps one PostgreSQL running: starts it again when it ends, with growing pauses, and gives up when that does not help. */
export class PostmasterSupervisor {
  private current: Postmaster | undefined;
  private readonly stopping = new AbortController();
  private readonly watching: Promise<void>;
  private readonly logTimer: NodeJS.Timeout;
  private stopped: Promise<void> | undefined;
  private lastFailure: string | undefined;

  constructor(
    postmaster: Postmaster,
    private readonly folder: DataFolder,
    private readonly log: PlainLog,
    private readonly onGivenUp: (error: Error) => void,
  ) {
    this.current = postmaster;
    this.watching = this.watch(postmaster);
    this.logTimer = setInterval(() => this.checkLog(), LOG_CHECK_MS).unref();
  }

  /** Undefined while it is not running. */
  get pid(): number | undefined {
    return this.current?.pid;
  }

  stop(): Promise<void> {
    this.stopped ??= this.stopOnce();
    return this.stopped;
  }

  private async stopOnce(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.logTimer);
    if (this.current) await stopPostmaster(this.current.pid);
    // The server is no reason for this process to live on, but its end is awaited: without a timer Node might end first.
    const waiting = setInterval(() => undefined, 1_000);
    try {
      // A start that was under way ends here too, see `watch`.
      await this.watching;
    } finally {
      clearInterval(waiting);
    }
    this.folder.lock.release();
  }

  private async watch(first: Postmaster): Promise<void> {
    const ends: number[] = [];
    let reason = await first.ended;
    for (;;) {
      this.current = undefined;
      if (this.stopping.signal.aborted) return;
      ends.push(Date.now());
      const delayMs = restartDelay(ends, Date.now());
      if (delayMs === undefined) return this.giveUp(reason);
      this.log.warn(`PostgreSQL ended (${reason}); it is started again.`);
      await pause(delayMs, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
      if (this.stopping.signal.aborted) return;
      reason = await this.runAgain(ends.at(-1)!);
    }
  }

  /** @returns why it ended */
  private async runAgain(endedAt: number): Promise<string> {
    let next: Postmaster;
    try {
      next = await startPostmaster(this.folder, this.log, this.stopping.signal);
    } catch (error) {
      this.lastFailure = (error as Error).message;
      return 'it did not start';
    }
    if (this.stopping.signal.aborted) {
      await stopPostmaster(next.pid);
      return next.ended;
    }
    this.current = next;
    this.log.log(`PostgreSQL runs again after ${((Date.now() - endedAt) / 1000).toFixed(1)} s.`);
    return next.ended;
  }

  private giveUp(reason: string): void {
    const message =
      `The embedded PostgreSQL ended more than ${MAX_ENDS} times in ${WINDOW_MS / 60_000} minutes and is not started again. ` +
      (this.lastFailure ?? `It ended with ${reason}; look into ${this.folder.layout.log}.`);
    this.log.error(message);
    this.onGivenUp(new Error(message));
  }

  private checkLog(): void {
    try {
      boundLog(this.folder.layout.log);
    } catch (error) {
      this.log.warn(`PostgreSQL's log could not be shortened: ${(error as Error).message}`);
    }
  }
}
