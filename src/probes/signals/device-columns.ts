import type { Signal } from '../../metrics/metric.js';
import { type Ring, STORED_AS_REAL } from './device-fields.js';
import { cellsOf, ringOf } from './device-signal-sql.js';
import { PROBE_METRICS, RING_SECONDS } from './probe-metrics.js';
import { aggregateRings, readRings, type Rings } from './rings.js';
import { signalColumns, type SignalRow } from './signal-columns.js';

/** What `deviceSignalStatement` answers; rings, as base64, only those that windows were asked for of. */
export interface DeviceSignalRow extends SignalRow, Partial<Record<Ring | 'ring_at', string | null>> {
  /** Seconds since the epoch. */
  now: number;
}

/** A column per signal; windows are computed here. */
export function deviceColumns(
  row: DeviceSignalRow,
  signals: readonly Signal[],
): { nums: Int32Array; columns: Float64Array[] } {
  const { cells, places } = cellsOf(signals);
  const { nums, columns: read } = signalColumns(row, cells.length);
  const rings = new Map<string, Rings>();
  const ringNamed = (name: Ring | 'ring_at'): Rings => {
    const ring = rings.get(name) ?? readRings(row[name] ?? null, nums.length);
    rings.set(name, ring);
    return ring;
  };
  const windows = new Map<string, Float64Array>();
  const columns = signals.map((signal, index) => {
    const column = read[places[index]!]!.slice();
    const ring = ringOf(signal);
    if (ring) {
      const seconds = Math.min(RING_SECONDS, Math.max(1, Math.round(signal.windowSeconds!)));
      // Of a ping and of every kind it is the same window.
      const key = `${signal.agg}(${ring}, ${seconds})`;
      const window =
        windows.get(key) ?? aggregateRings(ringNamed('ring_at'), ringNamed(ring), signal.agg, row.now - seconds);
      windows.set(key, window);
      // What is not zero is not known, or does not apply.
      for (let device = 0; device < column.length; device++) if (column[device] === 0) column[device] = window[device]!;
    }
    const field = PROBE_METRICS.get(signal.metric)?.field;
    if (field && STORED_AS_REAL.has(field)) roundReals(column);
    return column;
  });
  return { nums, columns };
}

/** Stored with seven digits: 0.051 comes back as 0.05099999904632568. */
function roundReals(column: Float64Array): void {
  for (let index = 0; index < column.length; index++) column[index] = Math.round(column[index]! * 1e4) / 1e4;
}
