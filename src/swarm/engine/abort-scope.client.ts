import { type EngineFault, EngineFaultError } from './docker-error.js';

/**
 * A signal of its own that fires with its parent, or after a time. Unlike `AbortSignal.any` it can be untied from a parent
 * that outlives it. The signal's reason is always an {@link EngineFaultError}.
 */
export class AbortScope {
  private readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  private timer: NodeJS.Timeout | undefined;

  /** @param limitMs after this time it aborts with a `timeout` fault; left out: never by itself */
  constructor(
    private readonly parent: AbortSignal,
    limitMs?: number,
  ) {
    if (parent.aborted) this.follow();
    else parent.addEventListener('abort', this.follow, { once: true });
    if (limitMs !== undefined) this.limit(limitMs);
  }

  /** Sets the time limit anew, counted from now; null lifts it. */
  limit(limitMs: number | null): void {
    clearTimeout(this.timer);
    if (limitMs === null) return;
    this.timer = setTimeout(() => this.abort({ kind: 'timeout', afterMs: limitMs }), limitMs);
  }

  abort(fault: EngineFault): void {
    this.controller.abort(new EngineFaultError(fault));
  }

  /** Frees both ties and stops what is still under way. */
  close(): void {
    clearTimeout(this.timer);
    this.parent.removeEventListener('abort', this.follow);
    this.abort({ kind: 'aborted' });
  }

  private readonly follow = (): void => {
    const { reason } = this.parent as { reason: unknown };
    this.abort(reason instanceof EngineFaultError ? reason.fault : { kind: 'aborted' });
  };
}
