import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { TimeRange } from '../time-range.js';
import type { RollupsDto } from './device-reports.dto.js';
import type { Resolution, RollupPlan } from './rollup-plan.js';

type Point = RollupsDto['points'][number];
type PointRow = Omit<Point, 'at'> & { at: Date };

/** Where every point is cut. */
const ORIGIN = `'2000-01-01T00:00:00Z'::timestamptz`;
const RTT = 'min(rtt_min) AS rtt_min_ms, max(rtt_max) AS rtt_max_ms';
/** Answers weigh, not cycles: a cycle with one answer of three says a third as much. */
const RTT_AVG =
  '(sum(rtt_avg::float8 * received) / nullif(sum(received) FILTER (WHERE rtt_avg IS NOT NULL), 0))::real AS rtt_avg_ms';
/** `of` filters the rows. */
const sums = (
  of = '',
): string => `coalesce(sum(sent) ${of}, 0)::int AS sent, coalesce(sum(received) ${of}, 0)::int AS received,
  (sum(sent) ${of} - sum(received) ${of}) * 100.0::float8 / nullif(sum(sent) ${of}, 0) AS loss_percent`;
/** A probe that could not be made (status 2) says nothing. */
const MADE = 'FILTER (WHERE status <> 2)';

const rollups = (table: string): string => `
  SELECT date_bin(make_interval(secs => $4), bucket, ${ORIGIN}) AS at, sum(cycles)::int AS cycles, ${sums()},
         sum(seconds_up) AS seconds_up, sum(seconds_down) AS seconds_down, sum(seconds_unknown) AS seconds_unknown,
         sum(seconds_maintenance) AS seconds_maintenance, ${RTT}, ${RTT_AVG}, max(rtt_p95) AS rtt_p95_ms
  FROM ${table} WHERE device_num = $1 AND bucket >= $2 AND bucket < $3 GROUP BY 1 ORDER BY 1`;

const POINTS: Record<Resolution, string> = {
  raw: `
    SELECT min(ts) AS at, (count(*) ${MADE})::int AS cycles, ${sums(MADE)}, NULL::real AS seconds_up, NULL::real AS seconds_down,
           NULL::real AS seconds_unknown, NULL::real AS seconds_maintenance, ${RTT}, ${RTT_AVG},
           percentile_cont(0.95) WITHIN GROUP (ORDER BY rtt_avg)::real AS rtt_p95_ms
    FROM ping_results WHERE device_num = $1 AND ts >= $2 AND ts < $3
    GROUP BY date_bin(make_interval(secs => $4), ts, ${ORIGIN}) ORDER BY 1`,
  '5m': rollups('ping_5m'),
  '1h': rollups('ping_1h'),
};

/** Series of one device's probes for charts. */
@Injectable()
export class DeviceRollups {
  constructor(private readonly database: DataSource) {}

  async points(num: number, { from, to }: TimeRange, { resolution, stepSeconds }: RollupPlan): Promise<Point[]> {
    const values = [num, new Date(from).toISOString(), new Date(to).toISOString(), stepSeconds];
    const rows = await this.database.query<PointRow[]>(POINTS[resolution], values);
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  }

  /** Until when rollups are made; null before the first, and of raw results. */
  async completeUntil(resolution: Resolution): Promise<string | null> {
    if (resolution === 'raw') return null;
    const name = `ping_${resolution}`;
    const [row] = await this.database.query<{ done_until: Date | number }[]>(
      'SELECT done_until FROM rollup_progress WHERE name = $1',
      [name],
    );
    return row?.done_until instanceof Date ? row.done_until.toISOString() : null;
  }
}
