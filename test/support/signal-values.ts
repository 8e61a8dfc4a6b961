import type { DataSource } from 'typeorm';
import type { Signal } from '../../src/metrics/metric.js';
import type { SignalSource } from '../../src/metrics/signal-source.port.js';

/** `device.flaps`, or `avg(icmp.rtt_ms, 300)`. */
export function signal(text: string): Signal {
  const [, agg, metric, window] = /^(\w+)\((.+), (\d+)\)$/.exec(text) ?? [];
  if (!metric) return { metric: text, agg: 'last', windowSeconds: null };
  return { metric, agg: agg as Signal['agg'], windowSeconds: Number(window) };
}

/** Values by the names of devices, in the order of the signals. */
export async function valuesOf(
  database: DataSource,
  source: SignalSource,
  ...texts: string[]
): Promise<Record<string, number[]>> {
  const [reading] = await source.read(texts.map(signal));
  if (reading?.kind !== 'device') throw new Error('Nothing of devices was read');
  const names = await database.query<{ num: number; name: string }[]>('SELECT num, name FROM devices');
  const nameOf = new Map(names.map(({ num, name }) => [num, name]));
  return Object.fromEntries(
    [...reading.nums].map((num, index) => [nameOf.get(num), reading.columns.map((column) => column[index])]),
  );
}
