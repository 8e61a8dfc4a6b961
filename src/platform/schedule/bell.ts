/** Wakes who waits for it. However often it is rung meanwhile, that is once; rung while nobody waits, the next one does not wait at all. */
export class Bell {
  private rung = false;
  private wake: (() => void) | undefined;

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  /** Until it is rung, the time is over or `signal` is aborted. One waits at a time. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener('abort', end);
        this.wake = end;
      });
      this.wake = undefined;
    }
    this.rung = false;
  }
}
