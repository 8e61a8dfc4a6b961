import * as fc from 'fast-check';
import type { Track } from '../../metrics/signal-history.port.js';
import { parseCondition } from '../engine/language/parse-condition.js';
import { Replay, type ReplayedRule } from './replay-device.js';

const SECOND = 1_000;
const rule = (expression: string, more: Partial<ReplayedRule> & { recovery?: string } = {}): ReplayedRule => ({
  condition: parseCondition(expression),
  recoveryCondition: more.recovery === undefined ? null : parseCondition(more.recovery),
  noData: 'keep',
  forSeconds: 0,
  recoveryForSeconds: 0,
  keepFiringSeconds: 0,
  ...more,
});
/** `[second, value, whether it grows]` each. */
const track = (...pieces: [at: number, value: number, grows?: boolean][]): Track => ({
  at: Float64Array.from(pieces, ([at]) => at * SECOND),
  values: Float64Array.from(pieces, ([, value]) => value),
  slopes: Uint8Array.from(pieces, ([, , grows]) => Number(grows ?? false)),
});
const run = (replayed: ReplayedRule, ...tracks: (Track | null)[]) =>
  new Replay(replayed, { from: 0, to: 1_000 * SECOND })
    .run(tracks, track())
    .alerts.map(({ firedAt, resolvedAt, peak }) => [firedAt / SECOND, resolvedAt && resolvedAt / SECOND, peak]);

const heldBack = (by: Track, replayed: ReplayedRule, ...tracks: (Track | null)[]) =>
  new Replay(replayed, { from: 0, to: 1_000 * SECOND })
    .run(tracks, by)
    .alerts.map(({ firedAt, resolvedAt }) => [firedAt / SECOND, resolvedAt && resolvedAt / SECOND]);

const outage = track([-50, 0], [100, 0, true], [300, 0]);
const load = track([0, 5], [200, 95], [260, 99], [300, 92], [400, 50], [500, 5]);

describe('Replay', () => {
  it.each<[string, ReplayedRule, (Track | null)[], unknown[]]>([
    ['a threshold on time', rule('a.down_seconds >= 60'), [outage], [[160, 300, 200]]],
    ['above it, a moment later', rule('a.down_seconds > 60'), [outage], [[160.001, 300, 200]]],
    [
      'a time that ends',
      rule('a.down_seconds <= 60'),
      [outage],
      [
        [0, 160.001, 0],
        [300, null, 0],
      ],
    ],
    ['`for` between two values', rule('a.load > 90', { forSeconds: 90 }), [load], [[290, 400, 99]]],
    ['`for` that is not reached', rule('a.load > 90', { forSeconds: 201 }), [load], []],
    ['a recovery of its own', rule('a.load > 90', { recovery: 'a.load < 10' }), [load], [[200, 500, 99]]],
    ['a recovery that must hold', rule('a.load > 90', { recoveryForSeconds: 30 }), [load], [[200, 430, 99]]],
    ['keeping on', rule('a.load > 90', { keepFiringSeconds: 250 }), [load], [[200, 650, 99]]],
    [
      'the worst of what is too low',
      rule('a.load < 60'),
      [load],
      [
        [0, 200, 5],
        [400, null, 5],
      ],
    ],
    ['one that fires still', rule('a.load < 10', { forSeconds: 300 }), [load], [[800, null, 5]]],
    ['what is unknown, kept', rule('a.x > 1'), [track([0, 2], [100, Number.NaN], [200, 0])], [[0, 200, 2]]],
    ['what is unknown, as fine', rule('a.x > 1', { noData: 'ok' }), [track([0, 2], [100, Number.NaN])], [[0, 100, 2]]],
    [
      'what is unknown, as an alert',
      rule('a.x > 1', { noData: 'alert' }),
      [track([50, 0], [100, Number.NaN])],
      [
        [0, 50, null],
        [100, null, null],
      ],
    ],
    ['nothing that applies', rule('a.x > 1 or a.y > 1'), [null, track([10, 2], [20, 0])], [[10, 20, 2]]],
    ['nothing at all', rule('a.x > 1'), [track()], []],
  ])('%s', (_name, replayed, tracks, alerts) => {
    expect(run(replayed, ...tracks)).toEqual(alerts);
  });

  it.each<[string, Track, ReplayedRule, unknown[]]>([
    ['for as long as it lasts', track([50, 1], [200, 0]), rule('a.down_seconds >= 60'), [[200, 300]]],
    ['by a parent', track([50, 2], [310, 0]), rule('a.down_seconds >= 60'), []],
    ['not once it fires', track([170, 1], [400, 0]), rule('a.down_seconds >= 60'), [[160, 300]]],
    [
      'while its time counts on',
      track([50, 1], [110, 0]),
      rule('a.down_seconds > 0', { forSeconds: 60 }),
      [[160.001, 300]],
    ],
  ])('is held back %s', (_name, by, replayed, alerts) => {
    expect(heldBack(by, replayed, outage)).toEqual(alerts);
  });

  it('goes by the recovery that such a rule implies: an outage that grows shorter is not over', () => {
    expect(run(rule('a.down_seconds >= 60'), track([0, 100, true], [50, 10, true], [80, 0]))).toEqual([[0, 80, 150]]);
  });

  it('knows for how much of the time it could be said', () => {
    const replay = new Replay(rule('a.x > 1'), { from: 0, to: 1_000 * SECOND });
    expect(replay.run([track([100, 2], [200, Number.NaN], [500, 0])], track()).knownMs).toBe(600 * SECOND);
  });

  it('is about devices that its condition says something of, whatever its recovery does', () => {
    const replay = new Replay(rule('a.x > 1', { recovery: 'b.y < 1' }), { from: 0, to: 1 });
    expect(replay.applies([track(), null])).toBe(true);
    expect(replay.applies([null, track()])).toBe(false);
  });

  it('sees all that a look every second would see', () => {
    const piece = fc.record({ after: fc.integer({ min: 1, max: 60 }), kind: fc.constantFrom(0, 1, 2) });
    const timers = fc.record({ forSeconds: fc.nat(40), recoveryForSeconds: fc.nat(40), keepFiringSeconds: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), timers, (pieces, times) => {
        let at = 0;
        const history = track(
          ...pieces.map(({ after, kind }): [number, number, boolean] => [
            (at += after),
            kind === 2 ? Number.NaN : 0,
            kind === 1,
          ]),
        );
        const more = { ...times, noData: 'ok', recovery: 'a.down_seconds < 10' } as const;
        const replayed = rule('a.down_seconds >= 10', more);
        const every = track(...Array.from({ length: 1_000 }, (_, second): [number, number] => [second, 0]));
        const looking = rule('a.down_seconds >= 10 and a.second >= 0', more);
        expect(run(replayed, history)).toEqual(run(looking, history, every));
      }),
      { numRuns: 200 },
    );
  });
});
