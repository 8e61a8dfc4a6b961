import { hostname } from 'node:os';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  Optional,
} from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { messageOf } from '../../platform/queue/connection-failure.js';
import { type DriverName, ProbeDriverError } from '../drivers/probe-driver.port.js';
import { ProbeDrivers } from '../drivers/probe-drivers.js';
import { DriverReportStore } from './driver-report.store.js';
import { DRIVERS_OF, PROBE_CYCLES } from './probe-turn.js';

/** Times of the watch; tests shorten them. */
export class DriverWatchTimes {
  readonly everyMs: number = 60_000;
  readonly selfTestMs: number = 10_000;
}

interface Verdict {
  ok: boolean;
  code: string | null;
  message: string | null;
}

const WORKS: Verdict = { ok: true, code: null, message: null };

/** Knows whether the drivers of this worker work, tests broken ones every minute, and reports to the database. */
@Injectable()
export class DriverWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Probes');
  private readonly verdicts = new Map<DriverName, Verdict>();
  private readonly names: DriverName[];
  /** Those that work but for a part of their batches: a test by themselves would not find it. */
  private readonly partly = new Set<DriverName>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  readonly worker = `${hostname()}-${process.pid}`;

  constructor(
    settings: Settings,
    private readonly drivers: ProbeDrivers,
    private readonly store: DriverReportStore,
    @Optional() private readonly times: DriverWatchTimes = new DriverWatchTimes(),
  ) {
    this.names = PROBE_CYCLES.filter((queue) => settings.workerQueues.includes(queue)).flatMap(
      (cycle) => DRIVERS_OF[cycle],
    );
  }

  onApplicationBootstrap(): void {
    void this.look();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    // A database that is away forgets this worker by itself.
    await this.store.forget(this.worker).catch((error: unknown) => this.log.debug(messageOf(error)));
  }

  /** A batch went through. */
  async worked(name: DriverName): Promise<void> {
    this.partly.delete(name);
    if (this.verdicts.get(name)?.ok) return;
    this.note(name, WORKS);
    await this.tell([name]);
  }

  /** A part of a batch failed, and not for its targets. */
  async brokePartly(name: DriverName, error: unknown): Promise<void> {
    await this.broke(name, error);
    this.partly.add(name);
  }

  /** A batch failed, and not for its targets. */
  async broke(name: DriverName, error: unknown): Promise<void> {
    this.partly.delete(name);
    this.note(name, brokenBy(error));
    await this.tell([name]);
  }

  private async look(): Promise<void> {
    const broken = this.names.filter((name) => !this.verdicts.get(name)?.ok && !this.partly.has(name));
    await Promise.all(broken.map((name) => this.test(name)));
    await this.tell(this.names);
    if (!this.stopping.signal.aborted) this.timer = setTimeout(() => void this.look(), this.times.everyMs).unref();
  }

  private async test(name: DriverName): Promise<void> {
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(this.times.selfTestMs)]);
    try {
      await this.drivers.of(name).selfTest(signal);
      this.note(name, WORKS);
    } catch (error) {
      if (!this.stopping.signal.aborted) this.note(name, brokenBy(error));
    }
  }

  private note(name: DriverName, verdict: Verdict): void {
    const before = this.verdicts.get(name);
    this.verdicts.set(name, verdict);
    if (!this.names.includes(name)) return;
    if (!verdict.ok && before?.message !== verdict.message) this.log.warn(`Driver ${name}: ${verdict.message}`);
    if (verdict.ok && before?.ok === false) this.log.log(`Driver ${name} works again`);
  }

  private async tell(names: readonly DriverName[]): Promise<void> {
    // Another cycle's worker may lack a driver that it only asks about canaries: that is nobody's trouble.
    const reports = names.flatMap((driver) => {
      if (!this.names.includes(driver)) return [];
      const verdict = this.verdicts.get(driver);
      return verdict ? [{ worker: this.worker, driver, ...verdict }] : [];
    });
    if (reports.length === 0 || this.stopping.signal.aborted) return;
    await this.store
      .report(reports)
      .catch((error: unknown) => this.log.debug(`Drivers could not be reported: ${messageOf(error)}`));
  }
}

function brokenBy(error: unknown): Verdict {
  const code = error instanceof ProbeDriverError ? error.code : 'driver_failed';
  return { ok: false, code, message: messageOf(error).slice(0, 1_000) };
}
