import { signalColumns } from './signal-columns.js';

describe('signalColumns', () => {
  it.each([
    ['no device', { nums: null, cells: null }, 2, [], [[], []]],
    ['one cell', { nums: '{7}', cells: '{{1.5}}' }, 1, [7], [[1.5]]],
    [
      'several devices and signals',
      { nums: '{3,1}', cells: '{{1,NULL,-2e-05},{NaN,Infinity,0}}' },
      3,
      [3, 1],
      [
        [1, NaN],
        [NaN, Infinity],
        [-2e-5, 0],
      ],
    ],
    ['nothing known at all', { nums: '{1,2}', cells: '{{NULL},{NULL}}' }, 1, [1, 2], [[NaN, NaN]]],
  ])('reads %s', (_, row, signals, nums, columns) => {
    const read = signalColumns(row, signals);
    expect([...read.nums]).toEqual(nums);
    expect(read.columns.map((column) => [...column])).toEqual(columns);
  });
});
