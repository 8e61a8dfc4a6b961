import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { attachedPartitions } from './create-partitions.store.js';
import { partitionAt } from './partition-calendar.js';
import { withUpkeepSession } from './upkeep-session.store.js';

const LIMITS = { statementMs: 120_000, lockMs: 5_000 };
const DAY_MS = 86_400_000;
const TABLES = ['devices', 'device_state', 'state_events'];

/** The planner's statistics of what grows quickly. Not of whole partitioned tables: that reads every day of them. */
@Injectable()
export class TableStatistics {
  constructor(private readonly database: DataSource) {}

  async refresh(now: Date, signal?: AbortSignal): Promise<{ analyzed: string[] }> {
    return withUpkeepSession(this.database, LIMITS, async (run) => {
      const attached = await attachedPartitions(run);
      const recent = [now, new Date(now.getTime() - DAY_MS)].flatMap((day) =>
        (['ping_results', 'snmp_results', 'ping_5m', 'ping_1h'] as const).map((table) => partitionAt(table, day).name),
      );
      const names = [...TABLES, ...[...new Set(recent)].filter((name) => attached.has(name))];
      for (const name of names) {
        signal?.throwIfAborted();
        await run(`ANALYZE ${name}`);
      }
      return { analyzed: names };
    });
  }
}
