import { Injectable } from '@nestjs/common';
import { CacheService } from '../../platform/cache/cache.service.js';
import { degraded, healthy, notConfigured, type ComponentHealth } from '../component-health.js';
import { HealthComponent } from './health-component.port.js';

/** Losing Redis costs speed, never monitoring: degraded at most. */
@Injectable()
export class RedisIndicator extends HealthComponent {
  readonly name = 'redis';

  constructor(private readonly cache: CacheService) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    if (this.cache.status() === 'memory') return notConfigured();
    return (await this.cache.ping()) === 'connected'
      ? healthy()
      : degraded('Redis does not answer, serving from memory');
  }
}
