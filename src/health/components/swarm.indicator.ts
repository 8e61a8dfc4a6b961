import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { SwarmReader } from '../../swarm/picture/swarm-reader.service.js';
import type { ComponentHealth } from '../component-health.js';
import { judgeSwarm } from '../judge-swarm.js';
import { HealthComponent } from './health-component.port.js';

@Injectable()
export class SwarmIndicator extends HealthComponent {
  readonly name = 'swarm';

  constructor(
    private readonly settings: Settings,
    private readonly reader: SwarmReader,
  ) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    return judgeSwarm(await this.reader.current(), new Date(), this.settings.swarmRefreshSeconds);
  }
}
