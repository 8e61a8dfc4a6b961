import { UNKNOWN } from '../../metrics/metric.js';
import { HELD_BACK_BY, type Track } from '../../metrics/signal-history.port.js';
import { DEVICE_STATES } from '../state/device-state.js';
import { isBlocking } from '../state/judging.js';
import { TrackBuilder } from './history-tracks.js';

/** Events of a device, in order. */
export interface StateEvents {
  /** Ms since the epoch. */
  at: Float64Array;
  /** {@link EVENT_CODE_SQL} each. */
  codes: Float64Array;
  /** When began what the first of them found: since then it is up, or since then it is not up again. Null: with that. */
  since: number | null;
}

const STATE_BITS = 3;
const MAINTENANCE_BIT = 4;
const BLIND_BIT = 8;
/** What of an event of `state_events` counts, in one number. */
export const EVENT_CODE_SQL = `array_position(ARRAY['${DEVICE_STATES.join("','")}'], to_state) - 1 + ${MAINTENANCE_BIT} * in_maintenance::int + ${BLIND_BIT} * blind::int`;

/** Nothing is known, and there is no maintenance. */
export const UNKNOWN_CODE = DEVICE_STATES.indexOf('unknown');

const stateOf = (code: number) => DEVICE_STATES[code & STATE_BITS]!;

/**
 * How long it has been down: since it was down or unreachable first, also when nothing was known of it in between, until it is up. Said
 * while it is down.
 */
export function downTrack({ at, codes, since: began }: StateEvents): Track {
  const track = new TrackBuilder();
  let since = began;
  for (let place = 0; place < at.length; place++) {
    const state = stateOf(codes[place]!);
    if (state === 'up') since = null;
    else if (isBlocking(state)) since ??= at[place]!;
    if (state !== 'down') track.add(at[place]!, state === 'up' ? 0 : UNKNOWN);
    // Said again it is no news: it grows already.
    else if (place === 0 || stateOf(codes[place - 1]!) !== 'down')
      track.add(at[place]!, (at[place]! - since!) / 1_000, 1);
  }
  return track.build();
}

/** How long it has been up. */
export function upTrack({ at, codes, since }: StateEvents): Track {
  const track = new TrackBuilder();
  for (let place = 0; place < at.length; place++) {
    const state = stateOf(codes[place]!);
    if (state !== 'up') track.add(at[place]!, state === 'down' ? 0 : UNKNOWN);
    else if (place === 0) track.add(at[0]!, (at[0]! - (since ?? at[0]!)) / 1_000, 1);
    else if (stateOf(codes[place - 1]!) !== 'up') track.add(at[place]!, 0, 1);
  }
  return track.build();
}

/** What held its alerts back. It is unreachable for as long as one that it is behind explains its silence. */
export function heldBackTrack({ at, codes }: StateEvents): Track {
  const track = new TrackBuilder();
  for (let place = 0; place < at.length; place++) {
    const code = codes[place]!;
    const isBehind = stateOf(code) === 'unreachable';
    track.add(at[place]!, code & MAINTENANCE_BIT ? HELD_BACK_BY.maintenance : isBehind ? HELD_BACK_BY.parent : 0);
  }
  return track.build();
}

/**
 * How long ago the last result was. Nobody expected one before the end of a maintenance, and what failed unseen is none.
 * @param readings ms since the epoch
 */
export function sinceTrack(readings: Float64Array, hidden: Uint8Array | null, { at, codes }: StateEvents): Track {
  const ends = at.filter(
    (_, place) => place > 0 && codes[place - 1]! & MAINTENANCE_BIT && !(codes[place]! & MAINTENANCE_BIT),
  );
  const track = new TrackBuilder();
  let end = 0;
  for (let place = 0; place <= readings.length; place++) {
    const moment = readings[place] ?? Infinity;
    for (; ends[end]! < moment; end++) track.add(ends[end]!, 0, 1);
    if (hidden?.[place]) track.add(moment, UNKNOWN);
    else if (place < readings.length) track.add(moment, 0, 1);
  }
  return track.build();
}

/** 1 for each reading within whose span nothing could be seen for some time. @param spanMs how long before its time a reading begins */
export function blindReadings(readings: Float64Array, { at, codes }: StateEvents, spanMs: number): Uint8Array | null {
  if (!codes.some((code) => code & BLIND_BIT)) return null;
  let event = -1;
  return Uint8Array.from(readings, (moment) => {
    while (at[event + 1]! <= moment - spanMs) event++;
    let [place, isBlind] = [event, event >= 0 && (codes[event]! & BLIND_BIT) !== 0];
    while (!isBlind && at[place + 1]! < moment) isBlind = (codes[++place]! & BLIND_BIT) !== 0;
    return Number(isBlind);
  });
}
