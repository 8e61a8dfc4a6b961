import { Injectable, Logger } from '@nestjs/common';
import { OutageLog } from '../../platform/queue/outage-log.js';
import { Bell } from '../../platform/schedule/bell.js';
import { DeliveryRounds } from './delivery-rounds.service.js';
import { DispatcherStatus } from './dispatcher-status.js';
import { Planner } from './planner.service.js';
import { ResultsStore } from './results.store.js';
import { StrandedDeliveries } from './stranded-deliveries.store.js';

/** A pass comes at least this often, lest a lost notice be waited for. */
const LONGEST_SLEEP_MS = 20_000;
/** While notices are sent, the outbox is looked into no oftener unless somebody says that there is something. */
const LOOK_EVERY_MS = 1_000;
const SWEEP_EVERY_MS = 60_000;
/** Nothing waits for as long as the clock was set back. */
const MEND_EVERY_MS = 10_000;
/** What fires and no channel was for is looked at again, also when nothing says that something changed. */
const REPLAN_EVERY_MS = 5 * 60_000;
const PAUSE_AFTER_FAILURE_MS = 1_000;
/** What is under way when the process ends may take this long. */
const FAREWELL_MS = 7_000;

/** Takes what must be told and sees to it that it is delivered, until it is told to end. */
@Injectable()
export class Dispatcher {
  private readonly outage = new OutageLog('The dispatcher of notifications', new Logger('Dispatcher'));
  private readonly bell = new Bell();
  private lookedAt = -Infinity;
  private sweptAt = -Infinity;
  private mendedAt = -Infinity;
  private replannedAt = -Infinity;
  private isAsked = false;
  private isRerouted = false;

  constructor(
    private readonly planner: Planner,
    private readonly rounds: DeliveryRounds,
    private readonly results: ResultsStore,
    private readonly stranded: StrandedDeliveries,
    private readonly status: DispatcherStatus,
  ) {}

  /** There may be something in the outbox, or due. */
  wake(): void {
    this.isAsked = true;
    this.bell.ring();
  }

  /** Channels or routes changed. */
  channelsChanged(): void {
    this.rounds.forgetChannels();
    this.rulesChanged();
  }

  /** Who is told of what may be another. */
  rulesChanged(): void {
    this.isRerouted = true;
    this.wake();
  }

  /** Goes on while the database is away, and by itself when it is back. */
  async work(signal: AbortSignal): Promise<void> {
    this.rounds.onProgress = () => this.bell.ring();
    this.rounds.forgetChannels();
    this.rulesChanged();
    let failures = 0;
    while (!signal.aborted) {
      let ms: number;
      try {
        ms = await this.pass();
        failures = 0;
      } catch (error) {
        // The first may be the end of the lead, which says so itself.
        if (++failures > 1 && !signal.aborted) this.outage.failed(error, new Date());
        ms = PAUSE_AFTER_FAILURE_MS;
      }
      await this.bell.wait(ms, signal);
    }
    this.status.ended();
    await this.rounds.end(FAREWELL_MS);
  }

  /** @returns how long nothing will be to do, ms */
  private async pass(): Promise<number> {
    if (performance.now() - this.mendedAt >= MEND_EVERY_MS) {
      await this.stranded.byClock();
      this.mendedAt = performance.now();
    }
    if (this.isAsked || performance.now() - this.lookedAt >= LOOK_EVERY_MS) await this.look();
    const idleMs = await this.rounds.round();
    if (performance.now() - this.sweptAt >= SWEEP_EVERY_MS) {
      if ((await this.stranded.bySender()) > 0) this.rulesChanged();
      await this.results.giveUp();
      this.sweptAt = performance.now();
    }
    this.status.passed(performance.now());
    this.outage.succeeded(new Date());
    return Math.min(idleMs ?? LONGEST_SLEEP_MS, LONGEST_SLEEP_MS);
  }

  private async look(): Promise<void> {
    this.isAsked = false;
    this.lookedAt = performance.now();
    try {
      while ((await this.planner.takeOutbox()).more);
      while ((await this.planner.followUp()).more);
      if (this.isRerouted || performance.now() - this.replannedAt >= REPLAN_EVERY_MS) await this.replan();
    } catch (error) {
      this.isAsked = true;
      throw error;
    }
  }

  private async replan(): Promise<void> {
    this.isRerouted = false;
    try {
      await this.planner.replan();
      this.replannedAt = performance.now();
    } catch (error) {
      this.isRerouted = true;
      throw error;
    }
  }
}
