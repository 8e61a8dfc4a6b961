import type { Aggregation } from '../../metrics/metric.js';
import type { Track } from '../../metrics/signal-history.port.js';

/** Readings in order. NaN: nothing was read. */
export interface Readings {
  /** Ms since the epoch. */
  at: Float64Array;
  values: Float64Array;
  /** How much each counts in a mean; absent: the same. */
  weights?: Float64Array;
}

/** A reading says something for as long as three intervals, at least. */
const STALE_INTERVALS = 3;
const LEAST_FRESH_MS = 180_000;

/** How long it has been in a state, by its events in order. */
export function stateTrack(at: Float64Array, states: readonly string[], counted: 'down' | 'up'): Track {
  const track = new TrackBuilder();
  states.forEach((state, place) => {
    const isCounted = state === counted;
    // Still in it, said again.
    if (isCounted && states[place - 1] === counted) return;
    track.add(at[place]!, state === 'down' || state === 'up' ? 0 : Number.NaN, isCounted ? 1 : 0);
  });
  return track.build();
}

/** How long ago the last reading was. */
export function sinceTrack(at: Float64Array): Track {
  return { at, values: new Float64Array(at.length), slopes: new Uint8Array(at.length).fill(1) };
}

/** The last reading, until it is too old. @param until ms since the epoch */
export function lastTrack({ at, values }: Readings, until: number): Track {
  const track = new TrackBuilder();
  at.forEach((moment, place) => {
    track.add(moment, values[place]!, 0);
    track.endAt(moment + freshMs(at, place), at[place + 1] ?? until);
  });
  return track.build();
}

/** What the readings of a window come to, anew at each of them. @param until ms since the epoch */
export function windowTrack(
  readings: Readings,
  agg: Exclude<Aggregation, 'last'>,
  windowMs: number,
  until: number,
): Track {
  const { at } = readings;
  const track = new TrackBuilder();
  let first = 0;
  at.forEach((moment, place) => {
    while (at[first]! < moment - windowMs) first++;
    track.add(moment, aggregate(readings, agg, first, place), 0);
    track.endAt(moment + Math.max(windowMs, freshMs(at, place)), at[place + 1] ?? until);
  });
  return track.build();
}

function aggregate({ at, values, weights }: Readings, agg: Exclude<Aggregation, 'last'>, first: number, last: number) {
  let sum = 0;
  let weight = 0;
  let low = Infinity;
  let high = -Infinity;
  let begin = -1;
  let end = -1;
  for (let place = first; place <= last; place++) {
    const value = values[place]!;
    if (Number.isNaN(value)) continue;
    const counts = weights?.[place] ?? 1;
    sum += value * counts;
    weight += counts;
    low = Math.min(low, value);
    high = Math.max(high, value);
    if (begin < 0) begin = place;
    end = place;
  }
  if (begin < 0) return Number.NaN;
  if (agg === 'avg') return weight > 0 ? sum / weight : Number.NaN;
  if (agg === 'min') return low;
  if (agg === 'max') return high;
  return end === begin ? Number.NaN : ((values[end]! - values[begin]!) * 1_000) / (at[end]! - at[begin]!);
}

function freshMs(at: Float64Array, place: number): number {
  const interval = place > 0 ? at[place]! - at[place - 1]! : 0;
  // After a gap the interval is not the gap.
  const usual = place > 1 ? Math.min(interval, at[place - 1]! - at[place - 2]!) : interval;
  return Math.max(LEAST_FRESH_MS, usual * STALE_INTERVALS);
}

class TrackBuilder {
  private readonly at: number[] = [];
  private readonly values: number[] = [];
  private readonly slopes: number[] = [];

  add(at: number, value: number, slope: 0 | 1): void {
    this.at.push(at);
    this.values.push(value);
    this.slopes.push(slope);
  }

  /** Unknown from there on, when nothing comes before. */
  endAt(at: number, next: number): void {
    if (at < next) this.add(at, Number.NaN, 0);
  }

  build(): Track {
    return {
      at: new Float64Array(this.at),
      values: new Float64Array(this.values),
      slopes: new Uint8Array(this.slopes),
    };
  }
}
