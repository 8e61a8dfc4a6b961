/** A sleep that can be ended. */
export class WakeUp {
  private wanted = false;
  private rouse: (() => void) | null = null;

  /** Ends the sleep, or the next one before it begins. */
  wake(): void {
    this.wanted = true;
    this.rouse?.();
  }

  /** Until woken, `ms` are over or `signal` is aborted. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.wanted && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.rouse = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', this.rouse, { once: true });
      });
      if (this.rouse) signal.removeEventListener('abort', this.rouse);
      this.rouse = null;
    }
    this.wanted = false;
  }
}
