import * as fc from 'fast-check';
import { parentsFirst } from './judged-device.js';

const order = (parents: (number | null)[]) => {
  const items = parents.map((parent, num) => ({ num, parent }));
  return parentsFirst(items, ({ parent }) => parent).map(({ num }) => num);
};

describe('parentsFirst', () => {
  it.each<[string, (number | null)[], number[]]>([
    ['nothing', [], []],
    ['no parents', [null, null], [0, 1]],
    ['a child before its parent', [1, null], [1, 0]],
    ['a chain', [1, 2, 3, null], [3, 2, 1, 0]],
    ['a parent elsewhere', [99, 0], [0, 1]],
    ['its own parent', [0], [0]],
  ])('%s', (_, parents, expected) => {
    expect(order(parents)).toEqual(expected);
  });

  it('keeps every item once, whatever points where', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(20))), (parents) => {
        expect(order(parents).sort((a, b) => a - b)).toEqual(parents.map((__, num) => num));
      }),
    );
  });

  it('puts parents first where there is no circle', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), (numbers) => {
        const parents = numbers.map((each, num) =>
          num < numbers.length - 1 && each % 3 ? num + 1 + (each % 5) : null,
        );
        const place = new Map(order(parents).map((num, index) => [num, index]));
        const wrong = parents.filter((parent, num) => parent !== null && (place.get(parent) ?? -1) > place.get(num)!);
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('is not stopped by a chain of ten thousand', () => {
    expect(order(Array.from({ length: 10_000 }, (_, num) => (num < 9_999 ? num + 1 : null)))[0]).toBe(9_999);
  });
});
