import { Injectable, Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { type CycleSlot, slotOf } from '../queue/cycle-slot.js';
import { untilNextSlot } from './next-slot.js';

/**
 * Ticks at whole multiples of an interval, so that every scheduler of an installation means the same slot and a tick of
 * the second one changes nothing. For intervals from settings, which a cron expression cannot say.
 */
@Injectable()
export class SlotTicker {
  private readonly log = new Logger('Scheduler');

  constructor(private readonly registry: SchedulerRegistry) {}

  /** @param tick only enqueues; its failure is told and the next slot ticks all the same */
  every(kind: string, intervalSeconds: number, tick: (slot: CycleSlot) => Promise<unknown>): void {
    const schedule = (): void => {
      const timer = setTimeout(run, untilNextSlot(Date.now(), intervalSeconds));
      if (this.registry.doesExist('timeout', kind)) this.registry.deleteTimeout(kind);
      this.registry.addTimeout(kind, timer);
    };
    const run = (): void => {
      schedule();
      tick(slotOf(kind, 0, new Date(), intervalSeconds)).catch((error: unknown) =>
        this.log.debug(`Tick ${kind} could not enqueue: ${String(error)}`),
      );
    };
    schedule();
  }
}
