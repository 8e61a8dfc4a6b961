import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { attachedPartitions, createPartitions } from './create-partitions.store.js';
import { type Partition, type PartitionedTable, partitionAt, partitionsWanted } from './partition-calendar.js';
import { withUpkeepSession } from './upkeep-session.store.js';

const LIMITS = { statementMs: 30_000, lockMs: 5_000 };

/** The partitions of history: there are none by default, so a row without one is refused by PostgreSQL. */
@Injectable()
export class Partitions {
  constructor(private readonly database: DataSource) {}

  /** Makes what must exist at `now` (see {@link partitionsWanted}) and does not. Idempotent. */
  async ensure(now: Date): Promise<{ created: string[] }> {
    return this.create(partitionsWanted(now));
  }

  /** Makes the partition that holds `day`, for who writes old data. Idempotent. */
  async ensureDay(table: PartitionedTable, day: Date): Promise<{ created: string[] }> {
    return this.create([partitionAt(table, day)]);
  }

  /** What should exist at `now` and does not: history cannot be written there until `ensure` has run. */
  async status(now: Date): Promise<{ missing: string[] }> {
    const attached = await attachedPartitions(async (sql, values) => this.database.query(sql, values));
    return { missing: partitionsWanted(now).flatMap(({ name }) => (attached.has(name) ? [] : [name])) };
  }

  private async create(partitions: Partition[]): Promise<{ created: string[] }> {
    return withUpkeepSession(this.database, LIMITS, async (run) => ({
      created: await createPartitions(run, partitions),
    }));
  }
}
