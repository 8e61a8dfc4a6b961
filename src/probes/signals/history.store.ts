import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CheckKind } from '../../devices/check-kind.js';
import type { Signal } from '../../metrics/metric.js';
import {
  type HistoryPlan,
  type HistoryRange,
  type HistoryResolution,
  SignalHistory,
  type Track,
} from '../../metrics/signal-history.port.js';
import { Settings } from '../../platform/config/settings.schema.js';
import { lastTrack, type Readings, sinceTrack, stateTrack, windowTrack } from './history-tracks.js';
import { PROBE_METRICS } from './probe-metrics.js';
import { itemOf, SNMP_FAMILY } from './snmp-metrics.js';

const HOUR_MS = 3_600_000;
/** Longer ranges are read in means of five minutes. */
const LONGEST_IN_SAMPLES_MS = 12 * HOUR_MS;
/** Readings before the range fill its first windows. */
const LOOK_BACK_MS = HOUR_MS;
const BUCKET_MS = 300_000;
/** About how often there is a sample, and how many events a device has a day. */
const SAMPLE_SECONDS = 30;
const EVENTS_A_DAY = 20;

const MS = (time: string): string => `(date_part('epoch', ${time}) * 1000)::bigint`;
const LOSS = '(sent - received) * 100.0::float8 / nullif(sent, 0)';
const EVENT = 'SELECT id, at, to_state FROM state_events WHERE device_num = d.num AND';

interface EventRow {
  num: number;
  kind: CheckKind;
  at: string | null;
  states: string[] | null;
}
interface PingRow {
  num: number;
  at: string;
  sent: string;
  loss: string;
  rtt: string;
  jitter: string | null;
}
interface ItemRow {
  num: number;
  name: string;
  at: string | null;
  values: string | null;
}

/** The past of devices, out of `state_events`, `ping_results`, `ping_5m` and `snmp_results`. */
@Injectable()
export class ProbeHistory extends SignalHistory {
  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
  ) {
    super();
  }

  plan(signals: readonly Signal[], { from, to }: HistoryRange, now: number): HistoryPlan {
    const kept = now - this.settings.pingRetentionDays * 24 * HOUR_MS;
    const resolution = to - from <= LONGEST_IN_SAMPLES_MS && from >= kept ? 'samples' : '5m';
    const seconds = (to - from) / 1_000;
    const isRead = signals.some(needsReadings);
    // Values of items are kept one by one.
    const each = signals.some(({ metric }) => metric.startsWith(SNMP_FAMILY)) ? SAMPLE_SECONDS * 2 : BUCKET_MS / 1_000;
    const every = resolution === 'samples' ? SAMPLE_SECONDS : each;
    const events = 2 + (seconds / 86_400) * EVENTS_A_DAY;
    return { resolution, piecesPerDevice: Math.ceil(events + (isRead ? seconds / every : 0)) };
  }

  async read(
    nums: readonly number[],
    signals: readonly Signal[],
    range: HistoryRange,
    resolution: HistoryResolution,
  ): Promise<Map<number, (Track | null)[]>> {
    const times = [nums, new Date(range.from).toISOString(), new Date(range.to).toISOString()];
    const isPing = (signal: Signal) => needsReadings(signal) && !signal.metric.startsWith(SNMP_FAMILY);
    const events = await this.database.query<EventRow[]>(EVENTS, times);
    const pings = signals.some(isPing)
      ? await this.database.query<PingRow[]>(resolution === 'samples' ? SAMPLES : BUCKETS, [
          nums,
          new Date(range.from - LOOK_BACK_MS).toISOString(),
          times[2],
        ])
      : [];
    const names = signals.flatMap(({ metric }) => (metric.startsWith(SNMP_FAMILY) ? [itemOf(metric)] : []));
    const items =
      names.length === 0
        ? []
        : await this.database.query<ItemRow[]>(ITEMS, [
            nums,
            new Date(range.from - LOOK_BACK_MS).toISOString(),
            times[2],
            names,
          ]);
    const pingOf = new Map(pings.map((row) => [row.num, new PingReadings(row)]));
    const itemOfDevice = new Map(items.map((row) => [`${row.num} ${row.name}`, row]));
    return new Map(
      events.map((row) => {
        const tracks = signals.map((signal) => {
          if (signal.metric.startsWith(SNMP_FAMILY)) {
            const item = itemOfDevice.get(`${row.num} ${itemOf(signal.metric)}`);
            return item ? readingTrack(signal, { at: column(item.at), values: column(item.values) }, range.to) : null;
          }
          return deviceTrack(signal, row, pingOf.get(row.num) ?? NO_PINGS, range.to);
        });
        return [row.num, tracks];
      }),
    );
  }
}

const EVENTS = `
  SELECT d.num, d.check_kind AS kind, e.at::text AS at, e.states
  FROM devices d CROSS JOIN LATERAL (
    SELECT array_agg(${MS('at')} ORDER BY at, id) AS at, array_agg(to_state ORDER BY at, id) AS states
    FROM ((${EVENT} at < $2 ORDER BY at DESC, id DESC LIMIT 1) UNION ALL (${EVENT} at >= $2 AND at < $3)) e
  ) e WHERE d.num = ANY ($1::int[])`;
// Sorted once, not once a column.
const SAMPLES = `
  SELECT device_num AS num, array_agg(ms)::text AS at, array_agg(sent)::text AS sent, array_agg(loss)::text AS loss,
         array_agg(rtt_avg)::text AS rtt, array_agg(jitter)::text AS jitter
  FROM (SELECT device_num, ${MS('ts')} AS ms, sent, ${LOSS} AS loss, rtt_avg, jitter FROM ping_results
        WHERE device_num = ANY ($1::int[]) AND ts >= $2 AND ts < $3 AND status <> 2 ORDER BY device_num, ts) r
  GROUP BY device_num`;
// What a bucket says is known when it is over.
const BUCKETS = `
  SELECT device_num AS num, array_agg(ms)::text AS at, array_agg(sent)::text AS sent, array_agg(loss)::text AS loss,
         array_agg(rtt_avg)::text AS rtt, NULL AS jitter
  FROM (SELECT device_num, ${MS('bucket')} + ${BUCKET_MS} AS ms, sent, ${LOSS} AS loss, rtt_avg FROM ping_5m
        WHERE device_num = ANY ($1::int[]) AND bucket >= $2 AND bucket < $3 AND sent > 0 ORDER BY device_num, bucket) r
  GROUP BY device_num`;
const ITEMS = `
  SELECT num, name, array_agg(ms) FILTER (WHERE ms IS NOT NULL)::text AS at, array_agg(value) FILTER (WHERE ms IS NOT NULL)::text AS values
  FROM (SELECT d.num, i.name, ${MS('r.ts')} AS ms, CASE WHEN r.status = 0 THEN r.value END AS value
        FROM devices d JOIN monitoring_items i ON i.device_id = d.id AND i.name = ANY ($4::text[]) AND i.value_type = 'number'
        LEFT JOIN snmp_results r ON r.item_num = i.num AND r.ts >= $2 AND r.ts < $3
        WHERE d.num = ANY ($1::int[]) ORDER BY d.num, i.name, r.ts) r
  GROUP BY num, name`;

/** The columns of a device's pings, each made when it is asked for. */
class PingReadings {
  readonly at: Float64Array;
  constructor(private readonly row: PingRow | null) {
    this.at = column(row?.at ?? null);
  }

  of(field: 'loss' | 'rtt' | 'jitter'): Readings {
    const text = this.row?.[field] ?? null;
    const values = text === null ? new Float64Array(this.at.length).fill(Number.NaN) : column(text);
    return { at: this.at, values, ...(field === 'loss' && { weights: column(this.row?.sent ?? null) }) };
  }
}
const NO_PINGS = new PingReadings(null);

function deviceTrack(signal: Signal, { kind, at, states }: EventRow, pings: PingReadings, until: number): Track | null {
  const metric = PROBE_METRICS.get(signal.metric);
  if (!metric || (metric.checkKind !== null && metric.checkKind !== kind)) return null;
  switch (metric.field) {
    case 'down_seconds':
      return stateTrack(column(at), states ?? [], 'down');
    case 'up_seconds':
      return stateTrack(column(at), states ?? [], 'up');
    case 'no_data_seconds':
      return sinceTrack(pings.at);
    case 'loss':
    case 'rtt':
    case 'jitter':
      return readingTrack(signal, pings.of(metric.field), until);
    default:
      return null;
  }
}

function readingTrack({ agg, windowSeconds }: Signal, readings: Readings, until: number): Track {
  if (agg === 'last') return lastTrack(readings, until);
  return windowTrack(readings, agg, (windowSeconds ?? 0) * 1_000, until);
}

function needsReadings({ metric }: Signal): boolean {
  return !['down_seconds', 'up_seconds'].includes(PROBE_METRICS.get(metric)?.field ?? '');
}

/** Of an array as PostgreSQL writes it. A plain loop: iterators take several times as long, and there are many. */
function column(text: string | null): Float64Array {
  if (text === null || text === '{}') return new Float64Array(0);
  const words = text.slice(1, -1).split(',');
  const values = new Float64Array(words.length);
  for (let place = 0; place < words.length; place++) {
    const word = words[place]!;
    values[place] = word === 'NULL' ? Number.NaN : Number(word);
  }
  return values;
}
