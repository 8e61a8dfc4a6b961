import type { Aggregation, Signal } from '../../metrics/metric.js';
import { FRESH_INTERVALS } from '../state/device-state.js';
import { itemOf, SNMP_WINDOW_SECONDS } from './snmp-metrics.js';

/** Larger numbers overflow the sums of squares that PostgreSQL keeps for a mean: one mad agent must not end the reading. */
const LARGEST = '1e150';

const AGGREGATES: Record<Exclude<Aggregation, 'last'>, (within: string) => string> = {
  avg: (within) => `avg(value) FILTER (${within})`,
  min: (within) => `min(value) FILTER (${within})`,
  max: (within) => `max(value) FILTER (${within})`,
  // The first and the last reading, with their times: arrays compare by their first element.
  rate: (within) => `((max(reading) FILTER (${within}))[2] - (min(reading) FILTER (${within}))[2])
    / nullif((max(reading) FILTER (${within}))[1] - (min(reading) FILTER (${within}))[1], 0)`,
};

/**
 * The statement that reads these signals of all enabled devices, for `signalColumns`: `$1` the names of items, each once, `$2` the
 * interval of SNMP polls in seconds where nothing else is said.
 */
export function snmpSignalStatement(signals: readonly Signal[], items: readonly string[]): string {
  const windows: string[] = [];
  let longest = 0;
  const cells = signals.map(({ metric, agg, windowSeconds }) => {
    const item = items.indexOf(itemOf(metric)) + 1;
    if (agg === 'last' || windowSeconds === null) return { item, value: agg === 'last' ? 'i.value' : 'NULL' };
    const seconds = Math.min(SNMP_WINDOW_SECONDS, Math.max(1, Math.round(windowSeconds)));
    longest = Math.max(longest, seconds);
    const window = AGGREGATES[agg](`WHERE ts >= now() - interval '${seconds} seconds'`);
    if (!windows.includes(window)) windows.push(window);
    return { item, value: `w.v[${windows.indexOf(window) + 1}]` };
  });
  // Only an item that there is makes a row: what is missing here is what the device does not have.
  const columns = cells.map(
    ({ item, value }) =>
      `coalesce(max(CASE WHEN i.is_known THEN coalesce(${value}, 'NaN') ELSE 'NaN' END) FILTER (WHERE i.place = ${item}), 'Infinity')`,
  );
  return `
  WITH i AS MATERIALIZED (
    SELECT i.num, d.num AS device_num, array_position($1::text[], i.name) AS place, s.value,
           s.error IS NULL AND s.at >= now() - ${FRESH_INTERVALS} *
             make_interval(secs => coalesce(i.interval_seconds, p.snmp_interval_seconds, $2::int)) AS is_known
    FROM monitoring_items i JOIN devices d ON d.id = i.device_id JOIN profiles p ON p.id = d.profile_id
    LEFT JOIN snmp_item_state s ON s.item_num = i.num
    WHERE i.name = ANY ($1::text[]) AND i.enabled AND d.enabled AND i.value_type = 'number'
  ), of_device AS (
    SELECT i.device_num, ARRAY[${columns.join(', ')}]::float8[] AS cells
    FROM i ${windows.length > 0 ? windowJoin(windows, longest) : ''}
    GROUP BY i.device_num
  )
  SELECT array_agg(d.num)::text AS nums,
         array_agg(coalesce(o.cells, array_fill('Infinity'::float8, ARRAY[${cells.length}])))::text AS cells
  FROM devices d LEFT JOIN of_device o ON o.device_num = d.num
  WHERE d.enabled`;
}

function windowJoin(windows: readonly string[], longestSeconds: number): string {
  return `LEFT JOIN (
      SELECT item_num, ARRAY[${windows.join(', ')}]::float8[] AS v
      FROM (SELECT item_num, ts, value, ARRAY[extract(epoch FROM ts)::float8, value] AS reading
            FROM snmp_results
            WHERE ts >= now() - interval '${longestSeconds} seconds' AND item_num IN (SELECT num FROM i WHERE is_known)
              AND value BETWEEN -${LARGEST} AND ${LARGEST}) readings
      GROUP BY item_num
    ) w ON w.item_num = i.num`;
}
