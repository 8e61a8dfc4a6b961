import { Injectable } from '@nestjs/common';
import { VictoriaMetrics } from '../../monitoring/victoria-metrics.client.js';
import { degraded, healthy, notConfigured, type ComponentHealth } from '../component-health.js';
import { HealthComponent } from './health-component.port.js';

const LIMIT_MS = 1_500;

/** Losing VictoriaMetrics costs long history elsewhere, never monitoring: degraded at most. */
@Injectable()
export class VictoriaMetricsIndicator extends HealthComponent {
  readonly name = 'victoriametrics';

  constructor(private readonly victoriaMetrics: VictoriaMetrics) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    const found = await this.victoriaMetrics.look(LIMIT_MS);
    if (!found) return notConfigured();
    return found.down === null ? healthy() : degraded(found.down);
  }
}
