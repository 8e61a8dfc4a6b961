import { Injectable } from '@nestjs/common';
import { WorkerHealthService } from '../../monitoring/worker-health.service.js';
import { critical, degraded, healthy, type ComponentHealth } from '../component-health.js';
import { HealthComponent } from './health-component.port.js';

@Injectable()
export class WorkersIndicator extends HealthComponent {
  readonly name = 'workers';

  constructor(private readonly workers: WorkerHealthService) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    const { verdict, reasons, concurrency } = await this.workers.look();
    if (verdict === 'healthy') return healthy(` (${concurrency} workers)`);
    return (verdict === 'critical' ? critical : degraded)(reasons.join('; '));
  }
}
