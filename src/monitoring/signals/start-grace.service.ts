import { Injectable } from '@nestjs/common';

/** Processes of an installation come up one after the other within this. */
export const GRACE_MS = 60_000;

/**
 * The first minute of this process, in which workers that are not there yet and jobs that were left lying mean nothing. It is over as soon
 * as all workers have been seen.
 */
@Injectable()
export class StartGrace {
  private readonly began = performance.now();
  private complete = false;

  /** All workers that are asked for are there. */
  sawAllWorkers(): void {
    this.complete = true;
  }

  /** @param now by performance.now() */
  isOver(now: number = performance.now()): boolean {
    return this.complete || now - this.began >= GRACE_MS;
  }
}
