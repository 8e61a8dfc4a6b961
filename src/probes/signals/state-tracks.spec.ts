import type { Track } from '../../metrics/signal-history.port.js';
import { DEVICE_STATES } from '../state/device-state.js';
import { blindReadings, downTrack, heldBackTrack, sinceTrack, type StateEvents, upTrack } from './state-tracks.js';

const SECOND = 1_000;
const secondsOf = (...seconds: number[]) => Float64Array.from(seconds, (at) => at * SECOND);
/** As `second: value` each, `+` for one that grows. */
const told = ({ at, values, slopes }: Track) =>
  [...at].map((moment, place) => `${moment / SECOND}: ${values[place]}${slopes[place] ? '+' : ''}`).join(', ');
/** An event every ten seconds from 10 on; `m`: in maintenance, `b`: blind. */
const events = (text: string, since: number | null = null): StateEvents => {
  const words = text.split(' ').filter(Boolean);
  const codes = words.map((word) => {
    const [state, flags = ''] = word.split('/');
    return DEVICE_STATES.indexOf(state as 'up') + (flags.includes('m') ? 4 : 0) + (flags.includes('b') ? 8 : 0);
  });
  return { at: secondsOf(...codes.map((_, place) => 10 * (place + 1))), codes: Float64Array.from(codes), since };
};

describe('downTrack', () => {
  it.each([
    ['an outage', 'up down up', null, '10: 0, 20: 0+, 30: 0'],
    ['what is said again', 'up down down/m down up', null, '10: 0, 20: 0+, 50: 0'],
    [
      'one that nothing was known of for a while',
      'up down unknown down up',
      null,
      '10: 0, 20: 0+, 30: NaN, 40: 20+, 50: 0',
    ],
    ['one that was a parent first', 'up unreachable down up', null, '10: 0, 20: NaN, 30: 10+, 40: 0'],
    ['one that began before', 'down up', 3_000, '10: 7+, 20: 0'],
    ['one of before that is not known to be over', 'unknown down', 3_000, '10: NaN, 20: 17+'],
    ['nothing', '', null, ''],
  ])('counts %s', (_name, text, since, track) => {
    expect(told(downTrack(events(text, since)))).toBe(track);
  });
});

describe('upTrack', () => {
  it.each([
    ['up down up unknown up', null, '10: 0+, 20: 0, 30: 0+, 40: NaN, 50: 0+'],
    ['up/m up up/m down', 3_000, '10: 7+, 40: 0'],
  ])('of %s', (text, since, track) => {
    expect(told(upTrack(events(text, since)))).toBe(track);
  });
});

describe('heldBackTrack', () => {
  it('is of maintenance, or of a parent', () => {
    expect(told(heldBackTrack(events('up up/m unreachable/m unreachable up')))).toBe('10: 0, 20: 1, 40: 2, 50: 0');
  });
});

describe('sinceTrack', () => {
  it('grows from each result on', () => {
    expect(told(sinceTrack(secondsOf(0, 30), null, events('up')))).toBe('0: 0+, 30: 0+');
  });

  it('begins anew when a maintenance ends, and is unknown while nothing can be seen', () => {
    expect(told(sinceTrack(secondsOf(5), null, events('up/m up/m up')))).toBe('5: 0+, 30: 0+');
    expect(told(sinceTrack(secondsOf(5, 12, 22), Uint8Array.of(0, 1, 0), events('up')))).toBe('5: 0+, 12: NaN, 22: 0+');
  });
});

describe('blindReadings', () => {
  it.each<[string, number, number[] | null]>([
    ['up down up', 0, null],
    ['up unknown/b up', 0, [0, 0, 1, 1, 0, 0]],
    ['up unknown/b up', 10, [0, 0, 0, 1, 1, 0]],
    ['unknown/b', 0, [0, 1, 1, 1, 1, 1]],
  ])('of %s over %d s', (text, span, expected) => {
    const found = blindReadings(secondsOf(5, 12, 20, 29, 35, 41), events(text), span * SECOND);
    expect(found && [...found]).toEqual(expected);
  });
});
