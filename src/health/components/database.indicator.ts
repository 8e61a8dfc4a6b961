import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { healthy, type ComponentHealth } from '../component-health.js';
import { HealthComponent } from './health-component.port.js';

/** PostgreSQL answers: the only thing without which nothing works. */
@Injectable()
export class DatabaseIndicator extends HealthComponent {
  readonly name = 'database';
  override readonly whenUnknown = 'critical';

  constructor(private readonly database: DataSource) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    await this.database.query('SELECT 1');
    return healthy();
  }
}
