import { canaryTargets, countCanaries } from './canaries.js';
import { observationsOf } from './observations.js';

const heardOk = { outcome: 'ok' as const, sent: 3, received: 3, rtt: null, error: null, detail: null };
const answer = (num: number) => ({ num, ...heardOk });
const outcomes = (heard: Parameters<typeof observationsOf>[1]) =>
  [...observationsOf([{ num: 1 }, { num: 2 }], heard, 5)].map(([num, { at, outcome, error }]) => [
    num,
    at,
    outcome,
    error,
  ]);

describe('observationsOf', () => {
  it('has exactly one for each target', () => {
    expect(outcomes([answer(2), answer(1), answer(1), answer(7)])).toEqual([
      [1, 5, 'ok', null],
      [2, 5, 'ok', null],
    ]);
  });

  it('says unknown of what was not reported', () => {
    expect(outcomes([answer(1)])[1]).toEqual([2, 5, 'unknown', 'not_reported']);
  });

  it('says unknown of everything when the driver is broken', () => {
    expect(outcomes(null)).toEqual([
      [1, 5, 'unknown', 'driver'],
      [2, 5, 'unknown', 'driver'],
    ]);
  });
});

describe('canaries', () => {
  it('have numbers that no device has', () => {
    expect(canaryTargets(['a', 'b']).map(({ num, address }) => [num, address])).toEqual([
      [-1, 'a'],
      [-2, 'b'],
    ]);
  });

  it('are counted by what they did', () => {
    const observations = observationsOf(
      canaryTargets(['a', 'b', 'c']),
      [answer(-1), { ...answer(-2), outcome: 'failed' }],
      5,
    );
    expect(countCanaries(observations.values())).toEqual({ answered: 1, failed: 1, unknown: 1 });
  });
});
