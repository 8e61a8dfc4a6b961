import { Injectable, Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { type CycleSlot, slotOf } from '../queue/cycle-slot.js';
import { untilNextSlot } from './next-slot.js';

export interface TickerPlace {
  shard?: number;
  /** Whole seconds. */
  offsetSeconds?: number;
}

/** A running ticker. */
export interface Ticking {
  stop(): void;
}

/**
 * Ticks at whole multiples of an interval, so that every scheduler of an installation means the same slot and a tick of
 * the second one changes nothing. For intervals from settings, which a cron expression cannot say.
 */
@Injectable()
export class SlotTicker {
  private readonly log = new Logger('Scheduler');

  constructor(private readonly registry: SchedulerRegistry) {}

  /**
   * @param tick only enqueues; its failure is told and the next slot ticks all the same. It gets no slot when the clock was
   *   set back and the slot has ticked before: its job id is taken, and work must go on all the same
   * @param place which shard it ticks for, and how long after the multiples of the interval
   */
  every(
    kind: string,
    intervalSeconds: number,
    tick: (slot: CycleSlot | null, dueAt: Date) => Promise<unknown>,
    { shard = 0, offsetSeconds = 0 }: TickerPlace = {},
  ): Ticking {
    const name = shard === 0 ? kind : `${kind}/${shard}`;
    let latest = 0;
    const forget = (): void => {
      if (this.registry.doesExist('timeout', name)) this.registry.deleteTimeout(name);
    };
    const schedule = (from: number): void => {
      const timer = setTimeout(run, from - Date.now() + untilNextSlot(from, intervalSeconds, offsetSeconds));
      forget();
      this.registry.addTimeout(name, timer);
    };
    const run = (): void => {
      const now = Date.now();
      const slot = slotOf(kind, shard, new Date(now), intervalSeconds, offsetSeconds);
      const dueAt = slot.dueAt.getTime();
      // A timer may fire a millisecond early: from `now` on, the next slot would be this one again.
      schedule(Math.max(now, dueAt));
      const repeated = dueAt <= latest;
      latest = Math.max(latest, dueAt);
      tick(repeated ? null : slot, slot.dueAt).catch((error: unknown) =>
        this.log.debug(`Tick ${name} could not enqueue: ${String(error)}`),
      );
    };
    schedule(Date.now());
    return { stop: forget };
  }
}
