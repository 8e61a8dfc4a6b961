import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { BlindReason } from './judge-blindness.js';

export interface VantageRow {
  blind: boolean;
  since: Date;
  reason: BlindReason | null;
}

/** The last turn of a schedule, and how many were missed. */
export interface LatestTurn {
  kind: string;
  shard: number;
  dueAt: Date | null;
  startedAt: Date | null;
  durationMs: number | null;
  answered: number | null;
  failed: number | null;
  unknown: number | null;
  missed: number;
}

interface Schedule {
  kind: string;
  shard: number;
}

/** What the tables say about past turns. */
@Injectable()
export class CycleReportStore {
  constructor(private readonly database: DataSource) {}

  async vantage(): Promise<VantageRow> {
    const [row] = await this.database.query<VantageRow[]>(
      `SELECT blind, since, reason FROM vantage_points WHERE name = 'default'`,
    );
    return row ?? { blind: false, since: new Date(0), reason: null };
  }

  /** Of each schedule the last turn that was done, and the turns missed that were due within `seconds`. One query. */
  latest(schedules: readonly Schedule[], seconds: number): Promise<LatestTurn[]> {
    return this.database.query(
      `SELECT w.kind, w.shard, c.due_at AS "dueAt", c.started_at AS "startedAt", c.duration_ms AS "durationMs", c.answered, c.failed,
              c.unknown, m.missed
       FROM unnest($1::text[], $2::int[]) AS w (kind, shard)
       LEFT JOIN LATERAL (SELECT * FROM cycles WHERE kind = w.kind AND shard = w.shard ORDER BY due_at DESC LIMIT 1) c ON true
       CROSS JOIN LATERAL (SELECT count(*)::int AS missed FROM cycle_misses
                           WHERE kind = w.kind AND shard = w.shard AND due_at > now() - make_interval(secs => $3)) m`,
      [schedules.map(({ kind }) => kind), schedules.map(({ shard }) => shard), seconds],
    );
  }
}
