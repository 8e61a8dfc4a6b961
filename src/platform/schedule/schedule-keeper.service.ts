import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { offsetOf, type CycleSlot } from '../queue/cycle-slot.js';
import { OutageLog } from '../queue/outage-log.js';
import { SlotTicker, type Ticking } from './slot-ticker.service.js';
import { compareSchedules, scheduleKey, type WantedSchedule } from './wanted-schedule.js';

/** How often what is wanted is asked for. */
const LOOK_EVERY_MS = 5_000;

/** Where schedules come from and what their ticks do. */
export interface ScheduleSource {
  /** For the log, such as `probes`. */
  name: string;
  /** Every schedule that is wanted now; one query. */
  wanted(): Promise<WantedSchedule[]>;
  /** Enqueues one turn. Without a slot (the clock was set back) the work must go on all the same. */
  due(schedule: WantedSchedule, slot: CycleSlot | null): Promise<unknown>;
}

/**
 * Keeps tickers for schedules that the database names: what is new begins to tick within 5 s, what is gone ends. While the
 * database is away the last known ones go on. Shards are spread over their interval.
 *
 * @example this.keeper.keep({ name: 'probes', wanted: () => this.store.wanted(), due: (schedule, slot) => this.enqueue(schedule, slot) })
 */
@Injectable()
export class ScheduleKeeper implements BeforeApplicationShutdown {
  private readonly stops = new Set<() => void>();

  constructor(private readonly ticker: SlotTicker) {}

  /** Looks at once, and then every 5 s until stopped or the application ends. */
  keep(source: ScheduleSource): Ticking {
    const outage = new OutageLog(`The list of schedules (${source.name})`, new Logger('Scheduler'));
    const running = new Map<string, Ticking>();
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    const look = async (): Promise<void> => {
      try {
        const wanted = await source.wanted();
        if (!stopped) this.reconcile(running, wanted, source);
        outage.succeeded(new Date());
      } catch (error) {
        outage.failed(error, new Date());
      }
      if (!stopped) timer = setTimeout(() => void look(), LOOK_EVERY_MS);
    };
    const stop = (): void => {
      stopped = true;
      clearTimeout(timer);
      for (const ticking of running.values()) ticking.stop();
      running.clear();
      this.stops.delete(stop);
    };
    this.stops.add(stop);
    void look();
    return { stop };
  }

  beforeApplicationShutdown(): void {
    for (const stop of this.stops) stop();
  }

  private reconcile(running: Map<string, Ticking>, wanted: WantedSchedule[], source: ScheduleSource): void {
    const { begin, end } = compareSchedules(running.keys(), wanted);
    for (const key of end) {
      running.get(key)?.stop();
      running.delete(key);
    }
    for (const schedule of begin) {
      const { kind, intervalSeconds, shard } = schedule;
      const place = { shard, offsetSeconds: offsetOf(shard, intervalSeconds) };
      const tick = (slot: CycleSlot | null) => source.due(schedule, slot);
      running.set(scheduleKey(schedule), this.ticker.every(kind, intervalSeconds, tick, place));
    }
  }
}
