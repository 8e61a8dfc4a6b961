import { type Aggregation, UNKNOWN } from '../../metrics/metric.js';
import type { Track } from '../../metrics/signal-history.port.js';
import { FRESH_INTERVALS } from '../state/device-state.js';
import { aggregateOf, roundReal } from './result-window.js';

/** Readings in order. NaN: nothing was read. */
export interface Readings {
  /** Ms since the epoch. */
  at: Float64Array;
  values: Float64Array;
  /** How often there should be one. */
  intervalMs: number;
  /** 1 where from a reading on, until the next, nothing at all can be said, whatever was read before; what was read there never counts. */
  hidden?: Uint8Array;
  /** Values are known with so few digits. */
  isReal?: boolean;
  /** Of readings that are sums of many results; absent: each is one. */
  sums?: {
    /** How much each counts in a mean. */
    weights: Float64Array;
    /** How many results each is of. */
    results: Float64Array;
  };
}

/** What the readings of some time come to. */
export interface HistoryWindow {
  agg: Exclude<Aggregation, 'last'>;
  ms: number;
  /** With fewer results it is unknown. @param intervalMs how often there is one */
  neededAt: (intervalMs: number) => number;
}

/** The interval of readings was another then when two gaps in a row say so: one alone may be a pause. */
const OTHER_INTERVAL = 1.5;
/** Readings come so much of an interval sooner or later than they should. */
const JITTER = 0.1;

/** The last reading, until it is too old. @param until ms since the epoch */
export function lastTrack(readings: Readings, until: number): Track {
  const { at, values, hidden } = readings;
  const track = new TrackBuilder(readings.isReal);
  for (let place = 0; place < at.length; place++) {
    const moment = at[place]!;
    track.add(moment, hidden?.[place] ? UNKNOWN : values[place]!);
    const staleAt = moment + FRESH_INTERVALS * intervalAt(readings, place);
    if (staleAt < (at[place + 1] ?? until)) track.add(staleAt, UNKNOWN);
  }
  return track.build();
}

/**
 * What the readings of a window come to, anew at each of them, and while none comes whenever an old one falls out of it. Unknown when
 * the last is too old, however many the window still has.
 * @param until ms since the epoch
 */
export function windowTrack(readings: Readings, window: HistoryWindow, until: number): Track {
  const { at, hidden } = readings;
  const track = new TrackBuilder(readings.isReal);
  const value = valueOf(seenOf(readings), window);
  let first = 0;
  for (let place = 0; place < at.length; place++) {
    const moment = at[place]!;
    const interval = intervalAt(readings, place);
    // One that is as good as a window old is out: the evaluator comes after the reading.
    const oldest = moment - window.ms + JITTER * Math.min(interval, window.ms);
    while (at[first]! <= oldest) first++;
    if (hidden?.[place]) {
      track.add(moment, UNKNOWN);
      continue;
    }
    const needed = window.neededAt(interval);
    track.add(moment, value(first, place, needed));
    const next = at[place + 1] ?? until;
    const staleAt = moment + FRESH_INTERVALS * interval;
    if (next - moment > interval * OTHER_INTERVAL) {
      const end = Math.min(next, staleAt);
      while (first <= place && at[first]! + window.ms < end) {
        const outAt = at[first]! + window.ms;
        first++;
        track.add(outAt, value(first, place, needed));
      }
    }
    if (staleAt < next) track.add(staleAt, UNKNOWN);
  }
  return track.build();
}

/** Without what came in while nothing could be seen. */
function seenOf(readings: Readings): Readings {
  const { hidden, values } = readings;
  return hidden ? { ...readings, values: values.map((value, place) => (hidden[place] ? UNKNOWN : value)) } : readings;
}

type ValueOf = (first: number, last: number, needed: number) => number;

function valueOf(readings: Readings, { agg }: HistoryWindow): ValueOf {
  const { at, values, sums } = readings;
  if (agg === 'rate') return (first, last) => rate(at, values, first, last);
  if (sums) return (first, last, needed) => ofSums(values, sums, agg, first, last, needed);
  const aggregate = aggregateOf(agg);
  return (first, last, needed) => aggregate(at, first, last + 1, values, 0, -Infinity, needed);
}

/** The change a second between the first and the last that is known. */
function rate(at: Float64Array, values: Float64Array, from: number, to: number): number {
  let [first, last] = [from, to];
  while (first < last && Number.isNaN(values[first])) first++;
  while (last > first && Number.isNaN(values[last])) last--;
  return first >= last ? UNKNOWN : ((values[last]! - values[first]!) * 1_000) / (at[last]! - at[first]!);
}

function ofSums(
  values: Float64Array,
  { weights, results }: NonNullable<Readings['sums']>,
  agg: 'avg' | 'min' | 'max',
  first: number,
  last: number,
  needed: number,
): number {
  let [sum, weight, count, low, high] = [0, 0, 0, Infinity, -Infinity];
  for (let place = first; place <= last; place++) {
    const value = values[place]!;
    if (Number.isNaN(value)) continue;
    sum += value * weights[place]!;
    weight += weights[place]!;
    count += results[place]!;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (count < needed || weight === 0) return UNKNOWN;
  if (agg === 'avg') return sum / weight;
  return agg === 'min' ? low : high;
}

function intervalAt({ at, intervalMs }: Readings, place: number): number {
  if (place < 2) return intervalMs;
  const [one, other] = [at[place]! - at[place - 1]!, at[place - 1]! - at[place - 2]!];
  if (Math.min(one, other) > intervalMs * OTHER_INTERVAL) return Math.min(one, other);
  return Math.max(one, other) < intervalMs / OTHER_INTERVAL ? Math.max(one, other) : intervalMs;
}

/** Makes pieces; those that say what the one before says already are left out. */
export class TrackBuilder {
  private readonly at: number[] = [];
  private readonly values: number[] = [];
  private readonly slopes: number[] = [];

  constructor(private readonly isReal = false) {}

  add(at: number, value: number, slope: 0 | 1 = 0): void {
    const last = this.at.length - 1;
    const said = this.isReal ? roundReal(value) : value;
    if (last >= 0 && slope === 0 && this.slopes[last] === 0 && Object.is(this.values[last], said)) return;
    this.at.push(at);
    this.values.push(said);
    this.slopes.push(slope);
  }

  build(): Track {
    return {
      at: new Float64Array(this.at),
      values: new Float64Array(this.values),
      slopes: new Uint8Array(this.slopes),
    };
  }
}
