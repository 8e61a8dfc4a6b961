import { type Aggregation, UNKNOWN } from '../../metrics/metric.js';

/** Of how many results a window speaks, as far as half as many fit into it: after a pause a single one is no window. */
const ENOUGH_RESULTS = 3;

/** Without so many results a window is UNKNOWN, now as in the past. @param intervalSeconds how often there is a result */
export function neededResults(windowSeconds: number, intervalSeconds: number): number {
  return Math.min(ENOUGH_RESULTS, Math.max(1, Math.ceil(windowSeconds / intervalSeconds / 2)));
}

/** Stored with seven digits: 0.051 comes back as 0.05099999904632568. */
export const roundReal = (value: number): number => Math.round(value * 1e4) / 1e4;

/** Of the values whose times are between `start` and `end`, each `offset` places after its time; UNKNOWN when there are fewer than `needed`. */
type Aggregate = (
  times: Float64Array,
  start: number,
  end: number,
  values: Float64Array,
  offset: number,
  from: number,
  needed: number,
) => number;

/** @returns what makes one value of those since `from` */
export function aggregateOf(agg: Aggregation): Aggregate {
  return agg === 'min' ? least : agg === 'max' ? most : mean;
}

const mean: Aggregate = (times, start, end, values, offset, from, needed) => {
  let sum = 0;
  let count = 0;
  for (let place = start; place < end; place++) {
    const value = values[place + offset]!;
    if (times[place]! < from || Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count < needed ? UNKNOWN : sum / count;
};

/** @param sign 1: the greatest; -1: the least */
const extreme =
  (sign: 1 | -1): Aggregate =>
  (times, start, end, values, offset, from, needed) => {
    let best = UNKNOWN;
    let count = 0;
    for (let place = start; place < end; place++) {
      const value = values[place + offset]!;
      if (times[place]! < from || Number.isNaN(value)) continue;
      count++;
      // No comparison with UNKNOWN is true: the first value takes its place.
      if (!(sign * value <= sign * best)) best = value;
    }
    return count < needed ? UNKNOWN : best;
  };

const least = extreme(-1);
const most = extreme(1);
