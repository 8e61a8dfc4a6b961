import type { Aggregation, Signal } from '../../metrics/metric.js';
import { type Ring, STORED_AS_REAL } from './device-fields.js';
import { cellsOf, ringOf } from './device-signal-sql.js';
import { PROBE_METRICS, RING_SECONDS } from './probe-metrics.js';
import { neededResults, roundReal } from './result-window.js';
import { aggregateRings, readRings, type Rings } from './rings.js';
import { signalColumns, type SignalRow } from './signal-columns.js';

/** Some of the devices, as `deviceSignalStatement` answers; rings, as base64, only those that windows were asked for of. */
export interface DeviceSignalRow extends SignalRow, Partial<Record<Ring | 'ring_at', string | null>> {
  /** Seconds since the epoch. */
  now: number;
}

/** Where the column of a signal comes from. */
interface Source {
  /** Which of the cells. */
  place: number;
  /** What takes the place of a cell that is the interval of results: others say that nothing is known, or that it does not apply. */
  window: { key: string; ring: Ring; agg: Aggregation; seconds: number } | null;
  isReal: boolean;
}

/** A column per signal; windows are computed here. */
export function deviceColumns(
  rows: readonly DeviceSignalRow[],
  signals: readonly Signal[],
): { nums: Int32Array; columns: Float64Array[] } {
  const { cells, places } = cellsOf(signals);
  const sources = signals.map((signal, index) => sourceOf(signal, places[index]!));
  const parts = rows.map((row) => {
    const part = signalColumns(row, cells.length);
    return { ...part, windows: windowsOf(row, part.columns, sources) };
  });
  const nums = new Int32Array(parts.reduce((sum, part) => sum + part.nums.length, 0));
  const columns = signals.map(() => new Float64Array(nums.length));
  let first = 0;
  for (const part of parts) {
    nums.set(part.nums, first);
    sources.forEach(({ place, window, isReal }, index) => {
      const column = columns[index]!.subarray(first, first + part.nums.length);
      column.set(part.columns[place]!);
      if (window) fillKnown(column, part.windows.get(window.key)!);
      if (isReal) roundReals(column);
    });
    first += part.nums.length;
  }
  return { nums, columns };
}

function sourceOf(signal: Signal, place: number): Source {
  const field = PROBE_METRICS.get(signal.metric)?.field;
  const ring = ringOf(signal);
  const { agg, windowSeconds } = signal;
  const seconds = Math.min(RING_SECONDS, Math.max(1, Math.round(windowSeconds ?? 0)));
  const window = ring && { key: `${agg}(${ring}, ${seconds}) ${place}`, ring, agg, seconds };
  return { place, window, isReal: field !== undefined && STORED_AS_REAL.has(field) };
}

/** By key, each once. */
function windowsOf(
  row: DeviceSignalRow,
  cells: readonly Float64Array[],
  sources: readonly Source[],
): Map<string, Float64Array> {
  const rings = new Map<string, Rings>();
  const ringNamed = (name: Ring | 'ring_at'): Rings => {
    const ring = rings.get(name) ?? readRings(row[name] ?? null, cells[0]!.length);
    rings.set(name, ring);
    return ring;
  };
  const windows = new Map<string, Float64Array>();
  for (const { window, place } of sources) {
    if (!window || windows.has(window.key)) continue;
    const { key, ring, agg, seconds } = window;
    const needed = cells[place]!.map((interval) => neededResults(seconds, interval));
    windows.set(key, aggregateRings(ringNamed('ring_at'), ringNamed(ring), agg, row.now - seconds, needed));
  }
  return windows;
}

function fillKnown(column: Float64Array, values: Float64Array): void {
  for (let index = 0; index < column.length; index++)
    if (Number.isFinite(column[index])) column[index] = values[index]!;
}

function roundReals(column: Float64Array): void {
  for (let index = 0; index < column.length; index++) column[index] = roundReal(column[index]!);
}
