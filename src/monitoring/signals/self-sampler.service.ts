import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { within } from '../../platform/observability/time-limit.js';
import { type SamplePart, SampleParts } from './sample-part.port.js';
import { SelfMemory } from './self-memory.js';

/** Times of sampling; tests shorten them. */
export class SamplerTimes {
  readonly everyMs: number = 10_000;
  /** Of one part. */
  readonly limitMs: number = 2_000;
}

/**
 * Measures the installation into memory, so that judging it waits for nothing. Each part is on its own: one that hangs or fails
 * makes its own values unknown and no others.
 */
@Injectable()
export class SelfSampler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('SelfSampler');
  private readonly busy = new Set<SamplePart>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: SampleParts,
    private readonly memory: SelfMemory,
    private readonly times: SamplerTimes,
  ) {}

  onApplicationBootstrap(): void {
    this.sample();
    this.timer = setInterval(() => this.sample(), this.times.everyMs);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    for (const part of this.parts.all) {
      // Still hanging from before: all that it waits for has a time limit of its own.
      if (!this.busy.has(part)) void this.take(part);
    }
  }

  private async take(part: SamplePart): Promise<void> {
    const began = performance.now();
    this.busy.add(part);
    // Asynchronous from its first line, so that what it throws is its own.
    const work = Promise.resolve().then(() => part.take());
    try {
      this.memory.succeeded(part.name, await within(this.times.limitMs, work), began);
    } catch (error) {
      this.memory.failed(part.name);
      this.log.debug(`Nothing is known of ${part.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    await work.catch(() => undefined);
    this.busy.delete(part);
  }
}
