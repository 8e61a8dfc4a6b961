import type { Aggregation } from '../../metrics/metric.js';
import type { Track } from '../../metrics/signal-history.port.js';
import { lastTrack, windowTrack } from './history-tracks.js';
import { neededResults } from './result-window.js';

const SECOND = 1_000;
const secondsOf = (...seconds: number[]) => Float64Array.from(seconds, (at) => at * SECOND);
/** As `second: value` each, `+` for one that grows. */
const told = ({ at, values, slopes }: Track) =>
  [...at].map((moment, place) => `${moment / SECOND}: ${values[place]}${slopes[place] ? '+' : ''}`).join(', ');
const UNTIL = 10_000 * SECOND;

describe('lastTrack', () => {
  it.each<[string, number[], number[], string]>([
    ['holds until the next', [0, 30, 60], [1, 2, 3], '0: 1, 30: 2, 60: 3, 150: NaN'],
    ['says what is the same once', [0, 30, 60], [1, 1, 1], '0: 1, 150: NaN'],
    [
      'ends after three intervals without one',
      [0, 30, 500, 530],
      [1, 2, 3, 4],
      '0: 1, 30: 2, 120: NaN, 500: 3, 530: 4, 620: NaN',
    ],
    [
      'goes by the interval that it had then',
      [0, 300, 600],
      [1, 2, 3],
      '0: 1, 90: NaN, 300: 2, 390: NaN, 600: 3, 1500: NaN',
    ],
    ['a shorter one as well', [0, 10, 20], [1, 2, 3], '0: 1, 10: 2, 20: 3, 50: NaN'],
    ['is unknown where nothing was read', [0, 30], [1, Number.NaN], '0: 1, 30: NaN'],
  ])('%s', (_name, at, values, track) => {
    const readings = { at: secondsOf(...at), values: Float64Array.from(values), intervalMs: 30 * SECOND };
    expect(told(lastTrack(readings, UNTIL))).toBe(track);
  });

  it('knows as many digits as are stored', () => {
    const values = Float64Array.of(Math.fround(0.051));
    expect(told(lastTrack({ at: secondsOf(0), values, intervalMs: SECOND, isReal: true }, UNTIL))).toBe(
      '0: 0.051, 3: NaN',
    );
  });
});

describe('windowTrack', () => {
  const readings = {
    at: secondsOf(0, 30, 60, 90),
    values: Float64Array.of(0, 10, Number.NaN, 40),
    intervalMs: 30 * SECOND,
  };
  const windowOf = (
    agg: Exclude<Aggregation, 'last'>,
    seconds: number,
    neededAt: (intervalMs: number) => number = () => 1,
  ) => ({
    agg,
    ms: seconds * SECOND,
    neededAt,
  });
  /** As the evaluator has it. */
  const enough = (seconds: number) => (intervalMs: number) => neededResults(seconds, intervalMs / SECOND);

  it.each<[Exclude<Aggregation, 'last'>, number, string]>([
    ['avg', 60, '0: 0, 30: 5, 60: 10, 90: 40, 150: NaN'],
    ['min', 60, '0: 0, 60: 10, 90: 40, 150: NaN'],
    ['max', 60, '0: 0, 30: 10, 90: 40, 150: NaN'],
    ['rate', 90, `0: NaN, 30: ${10 / 30}, 90: ${30 / 60}, 120: NaN`],
    ['avg', 600, `0: 0, 30: 5, 90: ${50 / 3}, 180: NaN`],
  ])('%s of %d s', (agg, seconds, track) => {
    expect(told(windowTrack(readings, windowOf(agg, seconds), UNTIL))).toBe(track);
  });

  it.each<[string, number[], number, string]>([
    ['its first results', [0, 30, 60, 90], 300, '0: NaN, 60: 5, 180: NaN'],
    [
      'a single one after a pause',
      [0, 30, 60, 1_000, 1_030, 1_060],
      300,
      '0: NaN, 60: 5, 150: NaN, 1060: 5, 1150: NaN',
    ],
    ['a short window, that one result fills', [0, 1_000], 60, '0: 5, 60: NaN, 1000: 5, 1060: NaN'],
    [
      'results every ten minutes, as there are no more',
      [0, 600, 1_200, 1_800, 2_400],
      600,
      '0: NaN, 1200: 5, 3000: NaN',
    ],
  ])('speaks of no fewer than the evaluator does: %s', (_name, at, seconds, track) => {
    const values = new Float64Array(at.length).fill(5);
    const found = windowTrack(
      { at: secondsOf(...at), values, intervalMs: 30 * SECOND },
      windowOf('avg', seconds, enough(seconds)),
      UNTIL,
    );
    expect(told(found)).toBe(track);
  });

  it('holds what came in since, without the one that is exactly a window old: one lost turn of five is a fifth', () => {
    // Turns begin some ms early or late.
    const at = secondsOf(0, 60, 120.01, 180, 240, 300, 360.1, 420, 480, 540, 599.9);
    const values = Float64Array.of(0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0);
    const read = { at, values, intervalMs: 60 * SECOND };
    expect(told(windowTrack(read, windowOf('avg', 300, enough(300)), UNTIL))).toBe(
      '0: NaN, 120.01: 0, 300: 20, 599.9: 0, 779.9: NaN',
    );
  });

  it('knows nothing while nothing can be seen, whatever was read before, and never counts what was read then', () => {
    const hidden = Uint8Array.of(0, 0, 1, 0);
    const values = Float64Array.of(0, 10, 100, 40);
    const sums = { weights: Float64Array.of(3, 3, 3, 3), results: Float64Array.of(1, 1, 1, 1) };
    for (const read of [
      { ...readings, values, hidden },
      { ...readings, values, hidden, sums },
    ]) {
      expect(told(windowTrack(read, windowOf('max', 300), UNTIL))).toBe('0: 0, 30: 10, 60: NaN, 90: 40, 180: NaN');
    }
  });

  it('of sums looks no further back than its time: each is dated at its end', () => {
    const at = secondsOf(300, 600, 900, 1_200);
    const sums = { weights: new Float64Array(4).fill(30), results: new Float64Array(4).fill(10) };
    const read = { at, values: Float64Array.of(0, 100, 0, 0), intervalMs: 300 * SECOND, sums };
    expect(told(windowTrack(read, windowOf('avg', 300), UNTIL))).toBe('300: 0, 600: 100, 900: 0, 1500: NaN');
  });

  it('of sums weighs a mean by what was sent, and counts what they are of', () => {
    const at = secondsOf(0, 300, 600);
    const sums = { weights: Float64Array.of(30, 10, 0), results: Float64Array.of(10, 2, 0) };
    const read = { at, values: Float64Array.of(0, 10, Number.NaN), intervalMs: 300 * SECOND, sums };
    expect(told(windowTrack(read, windowOf('avg', 600), UNTIL))).toBe('0: 0, 300: 2.5, 600: 10, 900: NaN');
    expect(
      told(
        windowTrack(
          read,
          windowOf('avg', 600, () => 11),
          UNTIL,
        ),
      ),
    ).toBe('0: NaN, 300: 2.5, 600: NaN');
  });
});
