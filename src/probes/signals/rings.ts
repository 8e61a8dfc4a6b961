import type { Aggregation } from '../../metrics/metric.js';

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
 * Of each device the aggregation of its values since `from`; UNKNOWN when there is none.
 * @param times of the values, in seconds since the epoch
 */
export function aggregateRings(times: Rings, { starts, values }: Rings, agg: Aggregation, from: number): Float64Array {
  const devices = starts.length - 1;
  const column = new Float64Array(devices);
  for (let device = 0; device < devices; device++) {
    const first = starts[device]!;
    const firstTime = times.starts[device]!;
    const length = Math.min(starts[device + 1]! - first, times.starts[device + 1]! - firstTime);
    let [sum, count, least, most] = [0, 0, Infinity, -Infinity];
    for (let place = 0; place < length; place++) {
      const value = values[first + place]!;
      if (times.values[firstTime + place]! < from || Number.isNaN(value)) continue;
      sum += value;
      count++;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    column[device] = count === 0 ? Number.NaN : agg === 'min' ? least : agg === 'max' ? most : sum / count;
  }
  return column;
}
