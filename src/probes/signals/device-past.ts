import { type Signal, UNKNOWN } from '../../metrics/metric.js';
import type { HistoryResolution, Track } from '../../metrics/signal-history.port.js';
import type { DeviceField } from './device-fields.js';
import type { PingField } from './history-sql.js';
import { type HistoryWindow, lastTrack, type Readings, windowTrack } from './history-tracks.js';
import { PROBE_METRICS } from './probe-metrics.js';
import { neededResults } from './result-window.js';
import { blindReadings, downTrack, sinceTrack, type StateEvents, upTrack } from './state-tracks.js';

const BUCKET_MS = 300_000;

/** What was read of the pings of a device, in order. */
export type PingColumns = ReadonlyMap<PingField, Float64Array>;

/** What is stored of a device and a range. */
export interface StoredPast {
  /** How it is checked. */
  kind: string;
  /** Its profile says that it is probed. */
  isProbed: boolean;
  intervalSeconds: number;
  events: StateEvents;
  pings: PingColumns;
  resolution: HistoryResolution;
  /** Ms since the epoch: where the range ends. */
  until: number;
}

/** Which columns of pings a signal is made of. */
export function pingFields({ metric }: Signal): PingField[] {
  const field = PROBE_METRICS.get(metric)?.field;
  if (field === 'no_data_seconds') return ['at', 'loss'];
  if (field !== 'loss' && field !== 'rtt' && field !== 'jitter') return [];
  return ['at', 'loss', field, 'sent', 'results'];
}

/** The past of one device. */
export class DevicePast {
  private readonly at: Float64Array;
  private readonly hidden: Uint8Array | null;

  constructor(private readonly stored: StoredPast) {
    this.at = this.column('at');
    const hidden = blindReadings(this.at, stored.events, stored.resolution === '5m' ? BUCKET_MS : 0);
    // Whoever answers is seen.
    const loss = this.column('loss');
    this.hidden =
      stored.resolution === 'samples'
        ? (hidden?.map((is, place) => is & Number(!(loss[place]! < 100))) ?? null)
        : hidden;
  }

  /** Null: the signal says nothing about it. */
  track(signal: Signal): Track | null {
    const metric = PROBE_METRICS.get(signal.metric);
    const { kind, isProbed, events } = this.stored;
    if (!metric || !isProbed || (metric.checkKind !== null && metric.checkKind !== kind)) return null;
    switch (metric.field) {
      case 'down_seconds':
        return downTrack(events);
      case 'up_seconds':
        return upTrack(events);
      case 'no_data_seconds':
        return this.sinceResult();
      case 'loss':
      case 'rtt':
      case 'jitter':
        return this.ofReadings(signal, metric.field);
      default:
        return null;
    }
  }

  private sinceResult(): Track {
    const loss = this.column('loss');
    const isResult = (_: number, place: number) => !Number.isNaN(loss[place]);
    return sinceTrack(this.at.filter(isResult), this.hidden?.filter(isResult) ?? null, this.stored.events);
  }

  private ofReadings({ agg, windowSeconds }: Signal, field: DeviceField & PingField): Track {
    const { resolution, intervalSeconds, until } = this.stored;
    const isMean = resolution === '5m';
    const readings: Readings = {
      at: this.at,
      values: this.column(field),
      intervalMs: isMean ? BUCKET_MS : intervalSeconds * 1_000,
      isReal: true,
      ...(this.hidden && { hidden: this.hidden }),
      ...(isMean && { sums: { weights: this.column('sent'), results: this.column('results') } }),
    };
    if (agg === 'last') return lastTrack(readings, until);
    const seconds = windowSeconds ?? 0;
    const window: HistoryWindow = {
      agg,
      ms: seconds * 1_000,
      neededAt: (intervalMs) => neededResults(seconds, isMean ? intervalSeconds : intervalMs / 1_000),
    };
    return windowTrack(readings, window, until);
  }

  private column(field: PingField): Float64Array {
    return this.stored.pings.get(field) ?? new Float64Array(this.at?.length ?? 0).fill(UNKNOWN);
  }
}

/** Of an item of SNMP. What an agent does not answer is unknown, whatever it answered before. */
export function itemTrack({ agg, windowSeconds }: Signal, read: Omit<Readings, 'hidden'>, until: number): Track {
  const readings = { ...read, hidden: Uint8Array.from(read.values, (value) => Number(Number.isNaN(value))) };
  if (agg === 'last') return lastTrack(readings, until);
  return windowTrack(readings, { agg, ms: (windowSeconds ?? 0) * 1_000, neededAt: () => 1 }, until);
}
