import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { EvaluatorStatus } from '../../alerts/evaluator/evaluator-status.service.js';
import { Settings } from '../../platform/config/settings.schema.js';
import { within } from '../../platform/observability/time-limit.js';
import { messageOf } from '../../platform/queue/connection-failure.js';
import { OutageLog } from '../../platform/queue/outage-log.js';
import { Leadership } from '../../platform/schedule/leadership.service.js';
import { DispatcherStatus } from '../dispatch/dispatcher-status.js';
import { HeartbeatReceiver } from './heartbeat-receiver.client.js';
import { type Ages, WatchdogBeats } from './watchdog-beats.store.js';
import { whyWithheld } from './why-withheld.js';

/** Times of the heartbeat; tests shorten them. */
export class HeartbeatTimes {
  /** How often each process notes what it knows, and how soon a heartbeat that was withheld is tried again. */
  readonly noteEveryMs: number = 5_000;
  /** How long the database may take. */
  readonly databaseLimitMs: number = 5_000;
  /** How long it is withheld before that is told. */
  readonly patienceMs: number = 10_000;
}

/**
 * The dead man's switch: asks SWARMWARD_HEARTBEAT_URL while rules are evaluated, notices are looked for, and the database says so. When
 * any of it stops, the heartbeat does, and whoever waits for it raises the alarm. Every scheduler notes what it knows of
 * its own halves of the watchdog, one of them sends.
 */
@Injectable()
export class Heartbeat implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Heartbeat');
  private readonly outage = new OutageLog('The receiver of the heartbeat', this.log);
  private timer: NodeJS.Timeout | undefined;
  private asked: Promise<Ages> | null = null;
  private withheld: { since: number; told: boolean } | null = null;

  constructor(
    private readonly settings: Settings,
    private readonly leadership: Leadership,
    private readonly evaluator: EvaluatorStatus,
    private readonly dispatcher: DispatcherStatus,
    private readonly beats: WatchdogBeats,
    private readonly receiver: HeartbeatReceiver,
    private readonly times: HeartbeatTimes,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.receiver.isConfigured) return;
    this.timer = setInterval(() => void this.note(), this.times.noteEveryMs);
    this.leadership.take({ name: 'heartbeat', work: (_lease, signal) => this.beat(signal) });
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async note(): Promise<void> {
    await this.exchange().catch((error: unknown) => this.log.debug(`Could not note the beats: ${messageOf(error)}`));
  }

  private async beat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const began = performance.now();
      const why = await this.exchange().then(
        (ages) => whyWithheld(ages, this.settings.evaluationSeconds),
        (error: unknown) => `the database does not say that alerting works (${messageOf(error)})`,
      );
      this.tell(why);
      if (why === null && !signal.aborted) await this.send(signal);
      const everyMs = why === null ? this.settings.heartbeatSeconds * 1_000 : this.times.noteEveryMs;
      const restMs = Math.max(0, everyMs - (performance.now() - began));
      await pause(restMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One statement at a time, however slow the database is. */
  private exchange(): Promise<Ages> {
    this.asked ??= this.beats
      .exchange({ evaluator: this.evaluator.lastPassAgeMs(), dispatcher: this.dispatcher.lastPassAgeMs() })
      .finally(() => (this.asked = null));
    return within(this.times.databaseLimitMs, this.asked);
  }

  private async send(signal: AbortSignal): Promise<void> {
    try {
      await this.receiver.send(signal);
      this.outage.succeeded(new Date());
    } catch (error) {
      if (!signal.aborted) this.outage.failed(error, new Date());
    }
  }

  /** At a start, and while another process takes over, it is withheld for a moment: no news. */
  private tell(why: string | null): void {
    const now = performance.now();
    if (why === null) {
      if (this.withheld?.told) this.log.log('The heartbeat is sent again');
      this.withheld = null;
      return;
    }
    this.withheld ??= { since: now, told: false };
    if (this.withheld.told || now - this.withheld.since < this.times.patienceMs) return;
    this.withheld.told = true;
    this.log.warn(`The heartbeat is withheld: ${why}`);
  }
}
