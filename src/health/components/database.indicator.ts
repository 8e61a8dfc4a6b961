import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PARTITIONED_TABLES, partitionAt } from '../../probes/history/partition-calendar.js';
import { Partitions } from '../../probes/history/partitions.store.js';
import { degraded, healthy, type ComponentHealth } from '../component-health.js';
import { HealthComponent } from './health-component.port.js';

const DAY_MS = 86_400_000;

/** PostgreSQL answers: the only thing without which nothing works. */
@Injectable()
export class DatabaseIndicator extends HealthComponent {
  readonly name = 'database';
  override readonly whenUnknown = 'critical';

  constructor(
    private readonly database: DataSource,
    private readonly partitions: Partitions,
  ) {
    super();
  }

  async assess(): Promise<ComponentHealth> {
    await this.database.query('SELECT 1');
    const now = new Date();
    const { missing } = await this.partitions.status(now);
    const tomorrow = new Date(now.getTime() + DAY_MS);
    const soon = PARTITIONED_TABLES.flatMap((table) => [now, tomorrow].map((at) => partitionAt(table, at).name));
    const urgent = missing.filter((name) => soon.includes(name));
    // Workers repair it within the hour; while it stays, no history can be written from its day on.
    return urgent.length === 0 ? healthy() : degraded(`missing for today or tomorrow: ${urgent.join(', ')}`);
  }
}
