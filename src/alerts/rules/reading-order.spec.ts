import type { Condition } from '../engine/condition.js';
import { inReadingOrder } from './reading-order.js';

describe('inReadingOrder', () => {
  it.each([
    ['{"op":">","value":20,"metric":"a"}', '{"metric":"a","op":">","value":20}'],
    [
      '{"op":">","agg":"avg","value":20,"metric":"a","window_seconds":300}',
      '{"metric":"a","agg":"avg","window_seconds":300,"op":">","value":20}',
    ],
    [
      '{"all":[{"not":{"op":">","value":1,"metric":"a"}},{"any":[{"op":"<","value":2,"metric":"b"}]}]}',
      '{"all":[{"not":{"metric":"a","op":">","value":1}},{"any":[{"metric":"b","op":"<","value":2}]}]}',
    ],
    // What somebody wrote into the table by hand is shown as it is.
    ['{"zeta":1,"op":null,"metric":[1]}', '{"metric":[1],"op":null,"zeta":1}'],
    ['null', 'null'],
    ['"text"', '"text"'],
  ])('writes %s as %s', (stored, shown) => {
    expect(JSON.stringify(inReadingOrder(JSON.parse(stored) as Condition))).toBe(shown);
  });
});
