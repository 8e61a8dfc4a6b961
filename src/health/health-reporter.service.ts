import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { within } from '../platform/observability/time-limit.js';
import type { HealthComponent } from './components/health-component.port.js';
import { HealthComponents } from './health-components.js';
import { critical, degraded, type ComponentHealth } from './component-health.js';

/** What one check may take, and for how long its result serves further probes. */
const CHECK_LIMIT_MS = 2_000;
const CACHED_MS = 1_000;

/** Every component by its name. */
export type HealthReport = Map<string, ComponentHealth>;

/** Runs the components' checks side by side through Terminus, at most once a second however many probes ask. */
@Injectable()
export class HealthReporter {
  private report: Promise<HealthReport> | null = null;
  /** Of the monotonic clock: the system's may be set back, and health would stand still. */
  private startedAt = 0;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly components: HealthComponents,
  ) {}

  current(): Promise<HealthReport> {
    const now = performance.now();
    if (!this.report || now - this.startedAt >= CACHED_MS) {
      this.startedAt = now;
      this.report = this.check();
    }
    return this.report;
  }

  private async check(): Promise<HealthReport> {
    const report: HealthReport = new Map(this.components.all.map(({ name }) => [name, critical('not checked')]));
    await this.health
      .check(this.components.all.map((component) => () => this.indicate(component, report)))
      // Terminus throws when a component is down; the report has it already.
      .catch((error: unknown) => {
        if (!(error instanceof ServiceUnavailableException)) throw error;
      });
    return report;
  }

  private async indicate(component: HealthComponent, report: HealthReport): Promise<HealthIndicatorResult> {
    const health = await within(CHECK_LIMIT_MS, component.assess()).catch((error: unknown) =>
      (component.whenUnknown === 'critical' ? critical : degraded)(error instanceof Error ? error.message : 'unknown'),
    );
    report.set(component.name, health);
    const session = this.indicators.check(component.name);
    if (health.verdict === 'critical') return session.down(health.text);
    return health.verdict === 'degraded' ? session.degraded(health.text) : session.up(health.text);
  }
}
