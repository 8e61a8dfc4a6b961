import { messageOf } from './connection-failure.js';

/** Says once that something is away and once that it is back, however often it is asked in between. */
export class OutageLog {
  private since: Date | undefined;

  /**
   * @param what the beginning of the sentence, such as `The job queue`
   * @param log where the two lines go
   */
  constructor(
    private readonly what: string,
    private readonly log: { warn(message: string): void; log(message: string): void },
  ) {}

  /** Something failed at `now`. */
  failed(error: unknown, now: Date): void {
    if (this.since) return;
    this.since = now;
    const reason = messageOf(error).replace(/\.$/, '');
    this.log.warn(`${this.what} is not available (${reason}); it is tried again until it is`);
  }

  /** Something succeeded at `now`. */
  succeeded(now: Date): void {
    if (!this.since) return;
    const seconds = Math.round((now.getTime() - this.since.getTime()) / 1_000);
    this.since = undefined;
    this.log.log(`${this.what} is available again after ${seconds} s`);
  }

  /** Whether the last that was heard is a failure. */
  get isOut(): boolean {
    return this.since !== undefined;
  }
}
