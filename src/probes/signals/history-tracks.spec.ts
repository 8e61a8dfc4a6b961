import type { Aggregation } from '../../metrics/metric.js';
import type { Track } from '../../metrics/signal-history.port.js';
import { lastTrack, sinceTrack, stateTrack, windowTrack } from './history-tracks.js';

const SECOND = 1_000;
const secondsOf = (...seconds: number[]) => Float64Array.from(seconds, (at) => at * SECOND);
/** As `second: value` each, `+` for one that grows. */
const told = ({ at, values, slopes }: Track) =>
  [...at].map((moment, place) => `${moment / SECOND}: ${values[place]}${slopes[place] ? '+' : ''}`).join(', ');
const UNTIL = 10_000 * SECOND;

describe('stateTrack', () => {
  it.each([
    ['down', ['up', 'down', 'up'], '10: 0, 20: 0+, 30: 0'],
    ['down', ['up', 'down', 'down', 'up'], '10: 0, 20: 0+, 40: 0'],
    ['down', ['down', 'unreachable', 'down', 'unknown'], '10: 0+, 20: NaN, 30: 0+, 40: NaN'],
    ['up', ['up', 'down', 'up', 'unknown'], '10: 0+, 20: 0, 30: 0+, 40: NaN'],
    ['down', [], ''],
  ] as const)('of being %s in %j is %s', (counted, states, track) => {
    expect(told(stateTrack(secondsOf(...states.map((_, place) => 10 * (place + 1))), states, counted))).toBe(track);
  });
});

describe('lastTrack', () => {
  it.each<[string, number[], number[], string]>([
    ['holds until the next', [0, 30, 60], [1, 2, 3], '0: 1, 30: 2, 60: 3, 240: NaN'],
    [
      'ends after three minutes without one',
      [0, 30, 500, 530],
      [1, 2, 3, 4],
      '0: 1, 30: 2, 210: NaN, 500: 3, 530: 4, 710: NaN',
    ],
    [
      'ends after three intervals where those are longer',
      [0, 300, 600],
      [1, 2, 3],
      '0: 1, 180: NaN, 300: 2, 600: 3, 1500: NaN',
    ],
    ['is unknown where nothing was read', [0, 30], [1, Number.NaN], '0: 1, 30: NaN, 210: NaN'],
  ])('%s', (_name, at, values, track) => {
    expect(told(lastTrack({ at: secondsOf(...at), values: Float64Array.from(values) }, UNTIL))).toBe(track);
  });
});

describe('windowTrack', () => {
  const readings = { at: secondsOf(0, 30, 60, 90), values: Float64Array.of(0, 10, Number.NaN, 40) };
  it.each<[Exclude<Aggregation, 'last'>, number, string]>([
    ['avg', 60, '0: 0, 30: 5, 60: 5, 90: 25, 270: NaN'],
    ['min', 60, '0: 0, 30: 0, 60: 0, 90: 10, 270: NaN'],
    ['max', 60, '0: 0, 30: 10, 60: 10, 90: 40, 270: NaN'],
    ['rate', 90, `0: NaN, 30: ${10 / 30}, 60: ${10 / 30}, 90: ${40 / 90}, 270: NaN`],
    ['avg', 600, `0: 0, 30: 5, 60: 5, 90: ${50 / 3}, 690: NaN`],
  ])('%s of %d s', (agg, seconds, track) => {
    expect(told(windowTrack(readings, agg, seconds * SECOND, UNTIL))).toBe(track);
  });

  it('weighs a mean by what was sent', () => {
    const weighed = { ...readings, weights: Float64Array.of(30, 10, 10, 0) };
    expect(told(windowTrack(weighed, 'avg', 600 * SECOND, UNTIL))).toBe('0: 0, 30: 2.5, 60: 2.5, 90: 2.5, 690: NaN');
  });
});

describe('sinceTrack', () => {
  it('grows from each reading on', () => {
    expect(told(sinceTrack(secondsOf(0, 30)))).toBe('0: 0+, 30: 0+');
  });
});
