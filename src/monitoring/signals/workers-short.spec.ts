import { workersShort } from './workers-short.js';

describe('workersShort', () => {
  it.each([
    [5, { workersMin: 5, workersExpected: 0 }, 0],
    [4, { workersMin: 5, workersExpected: 0 }, 1],
    [0, { workersMin: 0, workersExpected: 0 }, 0],
    [4, { workersMin: 5, workersExpected: 50 }, 21],
    [25, { workersMin: 5, workersExpected: 50 }, 0],
    [25, { workersMin: 5, workersExpected: 51 }, 1],
    [30, { workersMin: 40, workersExpected: 50 }, 10],
  ])('%d of %o', (concurrency, wanted, expected) => {
    expect(workersShort(concurrency, wanted)).toBe(expected);
  });
});
