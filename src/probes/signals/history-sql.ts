import type { HistoryResolution } from '../../metrics/signal-history.port.js';
import { STALE_SINCE } from '../state/stale-state.js';
import { IS_PROBED } from './device-fields.js';
import { type FieldType, recordsSql } from './history-records.js';
import { EVENT_CODE_SQL, UNKNOWN_CODE } from './state-tracks.js';

/** `loss` is unknown where there was no result; `sent` and `results` are of means only. */
export type PingField = 'at' | 'loss' | 'rtt' | 'jitter' | 'sent' | 'results';

const BUCKET = "interval '5 minutes'";
const ms = (time: string): string => `round(date_part('epoch', ${time}) * 1000)`;
const LOSS = 'CASE WHEN sent > 0 THEN (sent - received) * 100.0 / sent END';
const FIELDS: Record<HistoryResolution, Partial<Record<PingField, [sql: string, type: FieldType]>>> = {
  samples: {
    at: [ms('ts'), 'float8'],
    loss: [`(${LOSS})::real`, 'float4'],
    rtt: ['rtt_avg', 'float4'],
    jitter: ['jitter', 'float4'],
  },
  // What a bucket says is known when it is over.
  '5m': {
    at: [ms(`(bucket + ${BUCKET})`), 'float8'],
    loss: [`(${LOSS})::real`, 'float4'],
    rtt: ['rtt_avg', 'float4'],
    sent: ['sent::real', 'float4'],
    results: ['cycles::real', 'float4'],
  },
};

/** Of each of `$1` how often it is probed, where nothing is said every `$2` seconds, and how often a second its items `$3` are polled (`$4`). */
export const PLAN = `
  SELECT coalesce(p.ping_interval_seconds, $2::int) AS seconds, (
    SELECT sum(1.0 / coalesce(i.interval_seconds, p.snmp_interval_seconds, $4::int))::float8
    FROM monitoring_items i WHERE i.device_id = d.id AND i.name = ANY ($3::text[])) AS polls
  FROM unnest($1::int[]) WITH ORDINALITY n (num, place)
  LEFT JOIN devices d ON d.num = n.num LEFT JOIN profiles p ON p.id = d.profile_id ORDER BY place`;

export interface PlanRow {
  seconds: number;
  polls: number | null;
}

export interface EventRow {
  num: number;
  kind: string;
  probed: boolean;
  interval: number;
  began: number | null;
  since: number | null;
  events: string | null;
}
export const EVENT_TYPES: readonly FieldType[] = ['float8', 'float4'];

const EVENT = `SELECT id, at, ${EVENT_CODE_SQL} AS code FROM state_events WHERE device_num = d.num AND`;
/** Since when it has been as it is when the range begins is looked for where that is asked for: of who is up only with `$5`. */
const IS_SOUGHT = `(f.to_state <> 'up' OR $5::bool)`;

/** Devices `$1`, with their events from `$2` until before `$3` and what was so at its begin; `$4` seconds between probes unless said. */
export const EVENTS = `
  SELECT d.num, d.check_kind AS kind, ${IS_PROBED} AS probed, coalesce(p.ping_interval_seconds, $4::int) AS interval,
    (SELECT ${ms('at')} FROM state_events WHERE device_num = d.num ORDER BY at, id LIMIT 1) AS began, since.ms AS since, e.events
  FROM devices d JOIN profiles p ON p.id = d.profile_id LEFT JOIN device_state st ON st.device_num = d.num
  LEFT JOIN LATERAL (
    SELECT to_state FROM state_events WHERE device_num = d.num AND at < $2 ORDER BY at DESC, id DESC LIMIT 1
  ) f ON true
  LEFT JOIN LATERAL (
    SELECT at, id FROM state_events
    WHERE ${IS_SOUGHT} AND device_num = d.num AND at < $2 AND (to_state = 'up') <> (f.to_state = 'up') ORDER BY at DESC, id DESC LIMIT 1
  ) other ON true
  CROSS JOIN LATERAL (
    SELECT ${ms('min(s.at)')} AS ms FROM state_events s
    WHERE ${IS_SOUGHT} AND s.device_num = d.num AND s.at < $2 AND (other.id IS NULL OR (s.at, s.id) > (other.at, other.id))
      AND CASE f.to_state WHEN 'up' THEN s.to_state = 'up' ELSE s.to_state IN ('down', 'unreachable') END
  ) since
  CROSS JOIN LATERAL (
    SELECT ${recordsSql({ [ms('at')]: 'float8', 'code::real': 'float4' })} AS events
    FROM (SELECT at, code FROM (
      (${EVENT} at < $2 ORDER BY at DESC, id DESC LIMIT 1) UNION ALL (${EVENT} at >= $2 AND at < $3)
      UNION ALL SELECT NULL, lost.at, ${UNKNOWN_CODE} FROM (SELECT ${STALE_SINCE} AS at) lost WHERE lost.at < $3
    ) u ORDER BY at, id) e
  ) e
  WHERE d.num = ANY ($1::int[])`;

export interface ReadingsRow {
  num: number;
  readings: string | null;
}

/**
 * Of devices `$1`, from `$2` until before `$3`. Sorted once, not by each aggregate.
 * @param withLast also the last result before `$2`, however long before
 */
export function pingStatement(resolution: HistoryResolution, fields: readonly PingField[], withLast: boolean): string {
  const known = fieldsOf(resolution, fields);
  const columns = known.map((field) => `${FIELDS[resolution][field]![0]} AS ${field}`).join(', ');
  const types = Object.fromEntries(known.map((field) => [field, FIELDS[resolution][field]![1]]));
  const [table, time] = resolution === 'samples' ? ['ping_results', 'ts'] : ['ping_5m', 'bucket'];
  const when = `device_num = ANY ($1::int[]) AND ${time} >= $2 AND ${time} < $3`;
  const last = `
      UNION ALL SELECT l.* FROM unnest($1::int[]) n CROSS JOIN LATERAL (
        SELECT device_num, ${time}, ${columns} FROM ${table} WHERE device_num = n AND ${time} < $2 AND sent > 0 ORDER BY ${time} DESC LIMIT 1
      ) l`;
  return `
    SELECT device_num AS num, ${recordsSql(types)} AS readings
    FROM (SELECT device_num, ${time}, ${columns} FROM ${table} WHERE ${when}${withLast ? last : ''} ORDER BY device_num, ${time}) r
    GROUP BY device_num`;
}

export function pingTypes(resolution: HistoryResolution, fields: readonly PingField[]): FieldType[] {
  return fieldsOf(resolution, fields).map((field) => FIELDS[resolution][field]![1]);
}

/** Those that there are of these, in order. */
export function fieldsOf(resolution: HistoryResolution, fields: readonly PingField[]): PingField[] {
  return (Object.keys(FIELDS[resolution]) as PingField[]).filter((field) => fields.includes(field));
}

export interface ItemRow extends ReadingsRow {
  name: string;
  interval: number;
}
export const ITEM_TYPES: readonly FieldType[] = ['float8', 'float8'];

/** Items of these names (`$4`) of devices `$1`, polled every `$5` seconds unless said. */
export const ITEMS = `
  SELECT num, name, interval, ${recordsSql({ at: 'float8', value: 'float8' })} AS readings
  FROM (SELECT d.num, i.name, coalesce(i.interval_seconds, p.snmp_interval_seconds, $5::int) AS interval,
               ${ms('r.ts')} AS at, CASE WHEN r.status = 0 THEN r.value END AS value
        FROM devices d JOIN profiles p ON p.id = d.profile_id
        JOIN monitoring_items i ON i.device_id = d.id AND i.name = ANY ($4::text[]) AND i.value_type = 'number' AND i.enabled
        LEFT JOIN snmp_results r ON r.item_num = i.num AND r.ts >= $2 AND r.ts < $3
        WHERE d.num = ANY ($1::int[]) ORDER BY d.num, i.name, interval, r.ts) r
  GROUP BY num, name, interval`;
