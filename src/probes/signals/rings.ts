import { type Aggregation, UNKNOWN } from '../../metrics/metric.js';
import { aggregateOf } from './result-window.js';

/** One ring of each of many devices, laid end to end: that of the d-th device is from `starts[d]` to `starts[d + 1]`. */
export interface Rings {
  starts: Int32Array;
  /** UNKNOWN where the ring has no value. */
  values: Float64Array;
}

const OID_INT4 = 23;

/**
 * Reads what `encode(string_agg(array_send(…), ''), 'base64')` makes of arrays of `integer` or `real`: of all forms in which rings
 * can be had, the one that neither side has to print or parse. An array is its number of dimensions, whether there are nulls, the type, each
 * dimension's length and first index, and each element after its length in bytes; all big-endian, an empty array without dimensions.
 * @param devices how many arrays there are
 */
export function readRings(base64: string | null, devices: number): Rings {
  const bytes = Buffer.from(base64 ?? '', 'base64');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = new Int32Array(devices + 1);
  // No element takes less than its length.
  const values = new Float64Array(bytes.byteLength / 4);
  let at = 0;
  let count = 0;
  for (let device = 0; device < devices && at < bytes.byteLength; device++) {
    const dimensions = view.getInt32(at);
    const isWhole = view.getInt32(at + 8) === OID_INT4;
    const length = dimensions === 0 ? 0 : view.getInt32(at + 12);
    at += 12 + dimensions * 8;
    for (let place = 0; place < length; place++) {
      const size = view.getInt32(at);
      at += 4;
      if (size < 0) {
        values[count++] = Number.NaN;
        continue;
      }
      values[count++] = isWhole ? view.getInt32(at) : view.getFloat32(at);
      at += size;
    }
    starts[device + 1] = count;
  }
  return { starts, values };
}

/**
 * Of each device the aggregation of its values since `from`; UNKNOWN when there are fewer than `needed`.
 * @param times of the values, in seconds since the epoch
 * @param rings an empty one that has times is all zeros
 */
export function aggregateRings(
  times: Rings,
  rings: Rings,
  agg: Aggregation,
  from: number,
  needed: ArrayLike<number>,
): Float64Array {
  const aggregate = aggregateOf(agg);
  const column = new Float64Array(rings.starts.length - 1);
  for (let device = 0; device < column.length; device++) {
    const start = times.starts[device]!;
    const end = times.starts[device + 1]!;
    const first = rings.starts[device]!;
    const length = rings.starts[device + 1]! - first;
    column[device] =
      length === 0
        ? zeroIfAny(times.values, start, end, from, needed[device]!)
        : aggregate(
            times.values,
            start,
            Math.min(end, start + length),
            rings.values,
            first - start,
            from,
            needed[device]!,
          );
  }
  return column;
}

function zeroIfAny(times: Float64Array, start: number, end: number, from: number, needed: number): number {
  let count = 0;
  for (let place = end - 1; place >= start && count < needed; place--) if (times[place]! >= from) count++;
  return count >= needed ? 0 : UNKNOWN;
}
