import { roundTrips } from './round-trips.js';

describe('roundTrips', () => {
  it.each([
    [[0.05], { min: 0.05, avg: 0.05, max: 0.05, jitter: null }],
    [[0.003, 0.006], { min: 0.003, avg: 0.005, max: 0.006, jitter: 0.003 }],
    [[1, 3, 2], { min: 1, avg: 2, max: 3, jitter: 1.5 }],
    [[1, null, 3], { min: 1, avg: 2, max: 3, jitter: 2 }],
    [[null, 0, null], { min: 0, avg: 0, max: 0, jitter: null }],
    [[null, null], null],
    [[], null],
  ])('%j', (times, figures) => expect(roundTrips(times)).toEqual(figures));
});
