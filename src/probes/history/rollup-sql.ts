import { STALE_SINCE } from '../state/stale-state.js';

/** Buckets begin at whole multiples of their length since this instant. */
export const BUCKET_ORIGIN = '2000-01-01T00:00:00Z';

export const ROLLUPS = {
  ping_5m: { step: '5 minutes', stepMs: 300_000, keptDays: 90 },
  ping_1h: { step: '1 hour', stepMs: 3_600_000, keptDays: 730 },
} as const;
export type RollupTable = keyof typeof ROLLUPS;

/**
 * What a second in a state counts as. Excused maintenance comes first, whatever the state was meanwhile. `unreachable` is not the
 * device's own downtime, and it was not available either: nothing is known of it, as when we were blind.
 */
const TIME_CLASS = `CASE WHEN excused THEN 'maintenance'
                         WHEN blind OR to_state NOT IN ('up', 'down') THEN 'unknown' ELSE to_state END`;

const SUMS = ['up', 'down', 'unknown', 'maintenance'].map((kind) => `seconds_${kind}`);
const COLUMNS = ['cycles', 'sent', 'received', ...SUMS, 'rtt_min', 'rtt_avg', 'rtt_max', 'rtt_p95'];

/**
 * Adds up all buckets from $1 until $2 anew, whatever stands there. One statement for all devices.
 *
 * - `cycles`, `sent`, `received` and times come from probes that had a result; one that could not be made (status 2) adds nothing.
 * - The mean is that of all answers: cycles weigh by how many they got. p95 is that of the cycles' means, the closest to single
 *   round trips that is stored.
 * - Seconds come from `state_events`, so a device without any probe in a bucket has its time all the same. Time before its first
 *   event is nobody's. A device that was deleted has only the buckets in which it was still probed. One that nobody probes any more
 *   is unknown since; the event that says so comes with its next probe, dated back, and has the buckets from then on added up anew.
 */
export function rollupStatement(table: RollupTable): string {
  const { step } = ROLLUPS[table];
  const bucketOf = (at: string): string => `date_bin('${step}', ${at}, '${BUCKET_ORIGIN}'::timestamptz)`;
  return `
    WITH raw AS MATERIALIZED (
      SELECT device_num, ${bucketOf('ts')} AS bucket,
             count(*) FILTER (WHERE status <> 2) AS cycles,
             coalesce(sum(sent) FILTER (WHERE status <> 2), 0) AS sent,
             coalesce(sum(received) FILTER (WHERE status <> 2), 0) AS received,
             min(rtt_min) AS rtt_min, max(rtt_max) AS rtt_max,
             sum(rtt_avg::float8 * received) / nullif(sum(received) FILTER (WHERE rtt_avg IS NOT NULL), 0) AS rtt_avg,
             percentile_cont(0.95) WITHIN GROUP (ORDER BY rtt_avg) AS rtt_p95
      FROM ping_results WHERE ts >= $1 AND ts < $2 GROUP BY 1, 2
    ), changes AS (
      SELECT n.num AS device_num, e.*
      FROM (SELECT num FROM devices UNION SELECT device_num FROM raw) AS n
      CROSS JOIN LATERAL (
        SELECT at, id, to_state, excused, blind FROM state_events
        WHERE device_num = n.num AND at <= $1 ORDER BY at DESC, id DESC LIMIT 1) AS e
      UNION ALL
      SELECT device_num, at, id, to_state, excused, blind FROM state_events WHERE at > $1 AND at < $2
      UNION ALL
      SELECT st.device_num, lost.at, NULL, 'unknown', st.excused, false
      FROM devices d JOIN device_state st ON st.device_num = d.num CROSS JOIN LATERAL (SELECT ${STALE_SINCE} AS at) AS lost
      WHERE lost.at < $2
    ), pieces AS (
      SELECT device_num, ${TIME_CLASS} AS kind, greatest(at, $1) AS began,
             lead(at, 1, $2::timestamptz) OVER (PARTITION BY device_num ORDER BY at, id) AS ended
      FROM changes
    ), times AS (
      SELECT device_num, bucket, ${SUMS.map((sum) => `sum(seconds) FILTER (WHERE kind = '${sum.slice(8)}') AS ${sum}`).join(', ')}
      FROM pieces
      CROSS JOIN LATERAL generate_series(${bucketOf('began')}, ended - interval '1 microsecond', '${step}') AS bucket
      CROSS JOIN LATERAL (
        SELECT extract(epoch FROM least(ended, bucket + interval '${step}') - greatest(began, bucket)) AS seconds) AS s
      WHERE ended > began
      GROUP BY 1, 2
    )
    INSERT INTO ${table} AS kept (device_num, bucket, ${COLUMNS.join(', ')})
    SELECT device_num, bucket, coalesce(cycles, 0), coalesce(sent, 0), coalesce(received, 0),
           ${SUMS.map((sum) => `coalesce(${sum}, 0)`).join(', ')}, rtt_min, rtt_avg, rtt_max, rtt_p95
    FROM raw FULL JOIN times USING (device_num, bucket)
    WHERE cycles IS NOT NULL OR EXISTS (SELECT FROM devices WHERE num = device_num)
    ON CONFLICT (device_num, bucket) DO UPDATE SET ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}`;
}
