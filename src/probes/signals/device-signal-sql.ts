import type { Signal } from '../../metrics/metric.js';
import { FIELD_SQL, HAS_CERTIFICATE, HAS_WINDOW, IS_PROBED, KNOWN_ONCE, type Ring, RING_OF } from './device-fields.js';
import { PROBE_METRICS, type ProbeMetric } from './probe-metrics.js';

/** 2 to its power devices make a row of the answer: all in one would be megabytes, which are moved about while they come in. */
const DEVICES_A_ROW_BITS = 9;

/**
 * The statement that reads these signals of all enabled devices, for `deviceColumns`. Only what is asked for is read. Windows are not
 * computed here but rings sent as they are: unnested, those of 10,000 devices with 20 samples would be 200,000 rows that every window
 * looks at. The cell of a window says only whether there is a value to be computed.
 */
export function deviceSignalStatement(signals: readonly Signal[]): string {
  const { cells } = cellsOf(signals);
  const rings = ringsOf(signals).map(
    (ring) => `encode(string_agg(array_send(${sentRing(ring)}), ''), 'base64') AS ${ring}`,
  );
  return `
  SELECT array_agg(d.num)::text AS nums, array_agg(ARRAY[${cells.join(', ')}]::float8[])::text AS cells,
    ${[...rings, 'extract(epoch FROM now())::int AS now'].join(', ')}
  FROM devices d JOIN profiles p ON p.id = d.profile_id LEFT JOIN device_state st ON st.device_num = d.num ${KNOWN_ONCE}
  WHERE d.enabled
  GROUP BY d.num >> ${DEVICES_A_ROW_BITS}`;
}

/** Of most devices no packet is ever lost: a ring of nothing but zeros is sent empty, for as many as there are times. */
function sentRing(ring: Ring | 'ring_at'): string {
  const all = `coalesce(st.${ring}, '{}')`;
  return ring === 'ring_at' ? all : `CASE WHEN 0 = ALL (st.${ring}) THEN '{}' ELSE ${all} END`;
}

/** What is read a device, each once, and at which of them a signal is: all windows of a kind of check share one. */
export function cellsOf(signals: readonly Signal[]): { cells: string[]; places: number[] } {
  const wanted = signals.map(cell);
  const cells = [...new Set(wanted)];
  const placeOf = new Map(cells.map((sql, place) => [sql, place]));
  return { cells, places: wanted.map((sql) => placeOf.get(sql)!) };
}

/** The ring that a window is taken of; null for what is no window. */
export function ringOf({ metric, agg, windowSeconds }: Signal): Ring | null {
  const definition = PROBE_METRICS.get(metric);
  if (!definition || agg === 'last' || windowSeconds === null || !definition.aggregations.includes(agg)) return null;
  return RING_OF[definition.field] ?? null;
}

function ringsOf(signals: readonly Signal[]): (Ring | 'ring_at')[] {
  const rings = new Set(signals.flatMap((signal) => ringOf(signal) ?? []));
  return rings.size === 0 ? [] : ['ring_at', ...rings];
}

function cell(signal: Signal): string {
  const definition = PROBE_METRICS.get(signal.metric);
  if (!definition) return 'NULL';
  const value = signal.agg === 'last' ? FIELD_SQL[definition.field] : ringOf(signal) ? HAS_WINDOW : 'NULL';
  return definition.internal ? value : `CASE WHEN ${applies(definition)} THEN ${value} ELSE 'Infinity'::float8 END`;
}

function applies({ checkKind, field }: ProbeMetric): string {
  const conditions = [
    IS_PROBED,
    ...(checkKind ? [`d.check_kind = '${checkKind}'`] : []),
    ...(field === 'cert_expiry_days' ? [HAS_CERTIFICATE] : []),
  ];
  return conditions.join(' AND ');
}
