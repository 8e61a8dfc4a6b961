import { Injectable } from '@nestjs/common';
import { WorkerHealthService } from '../../monitoring/worker-health.service.js';
import { degraded, healthy, type ComponentHealth } from '../component-health.js';
import { HealthComponent } from './health-component.port.js';

@Injectable()
export class SchedulerIndicator extends HealthComponent {
  readonly name = 'scheduler';

  constructor(private readonly workers: WorkerHealthService) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    const { schedulers } = await this.workers.look();
    return schedulers > 0
      ? healthy()
      : degraded('no scheduler is alive, start a process with SWARMWARD_ROLE=scheduler');
  }
}
