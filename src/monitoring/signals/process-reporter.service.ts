import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CacheService } from '../../platform/cache/cache.service.js';
import { Settings } from '../../platform/config/settings.schema.js';
import { waitingForConnection } from '../../platform/database/pool-figures.js';
import { QueryLog } from '../../platform/database/query-log.driver.js';
import { RequestCounters } from '../../platform/http/request-counters.hook.js';
import { ProcessFigures } from '../../platform/observability/process-figures.service.js';
import { within } from '../../platform/observability/time-limit.js';
import { ProcessFiguresStore, type ReportingProcess } from './process-figures.store.js';
import { COUNTED_SECONDS, type ProcessReport } from './process-report.js';
import { TotalsWindow } from './totals-window.js';

const EVERY_MS = 10_000;
const LIMIT_MS = 5_000;

/** Writes every 10 s what this process uses and has counted, whatever its role is. */
@Injectable()
export class ProcessReporter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Monitoring');
  private readonly process: ReportingProcess;
  private readonly window: TotalsWindow<ReturnType<ProcessReporter['totals']>>;
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | null = null;

  constructor(
    settings: Settings,
    private readonly database: DataSource,
    private readonly store: ProcessFiguresStore,
    private readonly figures: ProcessFigures,
    private readonly cache: CacheService,
    private readonly requests: RequestCounters,
  ) {
    const host = hostname();
    const id = `${host}-${process.pid}-${randomBytes(4).toString('hex')}`;
    this.process = { id, role: settings.role, host, pid: process.pid };
    this.window = new TotalsWindow(this.totals(), performance.now(), COUNTED_SECONDS * 1_000);
  }

  onApplicationBootstrap(): void {
    this.report();
    this.timer = setInterval(() => this.report(), EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.underWay;
    await this.quietly(this.store.remove(this.process.id));
  }

  private report(): void {
    const report = this.now();
    this.underWay ??= this.quietly(this.store.write(this.process, report)).finally(() => (this.underWay = null));
  }

  private now(): ProcessReport {
    const { cpuPercent, memoryPercent } = this.figures.read();
    return {
      cpu_percent: cpuPercent,
      memory_percent: memoryPercent,
      ...this.window.note(this.totals(), performance.now()),
      db_pool_waiting: waitingForConnection(this.database),
    };
  }

  private totals() {
    const { logger } = this.database.options;
    const { hits, misses } = this.cache.counts();
    return {
      requests: this.requests.requests,
      failures: this.requests.failures,
      slow_queries: logger instanceof QueryLog ? logger.slowQueries : 0,
      cache_hits: hits,
      cache_misses: misses,
    };
  }

  /** Nobody is worse off for a report that was not written: without a fresh one the figures are unknown. */
  private async quietly(work: Promise<void>): Promise<void> {
    await within(LIMIT_MS, work).catch((error: unknown) =>
      this.log.debug(`Could not report on this process: ${String(error)}`),
    );
  }
}
