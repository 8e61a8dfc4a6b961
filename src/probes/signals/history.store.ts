import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Signal } from '../../metrics/metric.js';
import {
  type DeviceHistory,
  type HistoryPlan,
  type HistoryRange,
  type HistoryResolution,
  SignalHistory,
  type Track,
} from '../../metrics/signal-history.port.js';
import { Settings } from '../../platform/config/settings.schema.js';
import { ROLLUPS } from '../history/rollup-sql.js';
import { DevicePast, itemTrack, type PingColumns, pingFields } from './device-past.js';
import { readRecords } from './history-records.js';
import {
  EVENT_TYPES,
  EVENTS,
  type EventRow,
  fieldsOf,
  ITEM_TYPES,
  type ItemRow,
  ITEMS,
  PLAN,
  type PlanRow,
  pingStatement,
  pingTypes,
  type ReadingsRow,
} from './history-sql.js';
import { itemOf, SNMP_FAMILY } from './snmp-metrics.js';
import { heldBackTrack } from './state-tracks.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Longer ranges are read in means of five minutes. */
const LONGEST_IN_SAMPLES_MS = 12 * HOUR_MS;
/** Readings before the range fill its first windows. */
const LOOK_BACK_MS = HOUR_MS;
const BUCKET_SECONDS = ROLLUPS.ping_5m.stepMs / 1_000;
/** About how many events a device has a day. */
const EVENTS_A_DAY = 20;

/** The past of devices, out of `state_events`, `ping_results`, `ping_5m` and `snmp_results`. */
@Injectable()
export class ProbeHistory extends SignalHistory {
  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
  ) {
    super();
  }

  async plan(
    nums: readonly number[],
    signals: readonly Signal[],
    { from, to }: HistoryRange,
    now: number,
  ): Promise<HistoryPlan> {
    const { pingIntervalSeconds, snmpIntervalSeconds, pingRetentionDays } = this.settings;
    const keptOneByOne = now - pingRetentionDays * DAY_MS;
    const needsPings = signals.some((signal) => pingFields(signal).length > 0);
    const isShort = to - from <= LONGEST_IN_SAMPLES_MS && from >= keptOneByOne;
    const resolution = isShort || !needsPings ? 'samples' : '5m';
    const names = itemNames(signals);
    const rows = await this.database.query<PlanRow[]>(PLAN, [nums, pingIntervalSeconds, names, snmpIntervalSeconds]);
    const seconds = (to - from) / 1_000;
    const pieces = rows.map((row) => {
      const pings = needsPings ? seconds / (resolution === 'samples' ? row.seconds : BUCKET_SECONDS) : 0;
      return Math.ceil(2 + (seconds / 86_400) * EVENTS_A_DAY + pings + seconds * (row.polls ?? 0));
    });
    const keptFrom = Math.max(
      needsPings && resolution === '5m' ? now - ROLLUPS.ping_5m.keptDays * DAY_MS : -Infinity,
      names.length > 0 ? keptOneByOne : -Infinity,
    );
    return { resolution, pieces, keptFrom };
  }

  async read(
    nums: readonly number[],
    signals: readonly Signal[],
    range: HistoryRange,
    resolution: HistoryResolution,
  ): Promise<Iterable<DeviceHistory>> {
    const { pingIntervalSeconds, snmpIntervalSeconds } = this.settings;
    const [since, to] = [range.from - LOOK_BACK_MS, range.to].map((at) => new Date(at).toISOString());
    const asksUp = signals.some(({ metric }) => metric.endsWith('.up_seconds'));
    // Also those of the time that fills the first windows: what of it was read blindly.
    const events = await this.database.query<EventRow[]>(EVENTS, [nums, since, to, pingIntervalSeconds, asksUp]);
    const fields = fieldsOf(resolution, signals.flatMap(pingFields));
    const pings = new Map<number, string | null>();
    if (fields.length > 0) {
      const asksSilence = signals.some(({ metric }) => metric.endsWith('.no_data_seconds'));
      const statement = pingStatement(resolution, fields, asksSilence);
      const rows = await this.database.query<ReadingsRow[]>(statement, [nums, since, to]);
      for (const { num, readings } of rows) pings.set(num, readings);
    }
    const names = itemNames(signals);
    const items = new Map<string, ItemRow>();
    if (names.length > 0) {
      const values = [nums, since, to, names, snmpIntervalSeconds];
      const rows = await this.database.query<ItemRow[]>(ITEMS, values);
      for (const row of rows) items.set(`${row.num} ${row.name}`, row);
    }
    const types = pingTypes(resolution, fields);
    return eachOf(events, (row): DeviceHistory => {
      const columns = readRecords(pings.get(row.num) ?? null, types);
      const read: PingColumns = new Map(fields.map((field, place) => [field, columns[place]!]));
      const [at, codes] = readRecords(row.events, EVENT_TYPES) as [Float64Array, Float64Array];
      const states = { at, codes, since: row.since };
      const past = new DevicePast({
        kind: row.kind,
        isProbed: row.probed,
        intervalSeconds: row.interval,
        events: states,
        pings: read,
        resolution,
        until: range.to,
      });
      const tracks = signals.map((signal) =>
        signal.metric.startsWith(SNMP_FAMILY)
          ? ofItem(signal, items.get(`${row.num} ${itemOf(signal.metric)}`), range.to)
          : past.track(signal),
      );
      const first = Math.min(row.began ?? Infinity, ...tracks.map((track) => track?.at[0] ?? Infinity));
      return { num: row.num, beganAt: first === Infinity ? null : first, tracks, heldBack: heldBackTrack(states) };
    });
  }
}

function* eachOf<T, R>(items: readonly T[], make: (item: T) => R): Iterable<R> {
  for (const item of items) yield make(item);
}

function itemNames(signals: readonly Signal[]): string[] {
  return signals.flatMap(({ metric }) => (metric.startsWith(SNMP_FAMILY) ? [itemOf(metric)] : []));
}

function ofItem(signal: Signal, item: ItemRow | undefined, until: number): Track | null {
  if (!item) return null;
  const [at, values] = readRecords(item.readings, ITEM_TYPES) as [Float64Array, Float64Array];
  return itemTrack(signal, { at, values, intervalMs: item.interval * 1_000 }, until);
}
