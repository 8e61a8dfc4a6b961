import type { StateEvent } from '../state/device-state.js';
import { eventColumns, numbersArray } from './cycle-columns.js';

const event = (detail: string | null): StateEvent => ({
  deviceNum: 7,
  at: 1_795_218_000_000.5,
  from: null,
  to: 'down',
  inMaintenance: false,
  excused: true,
  blind: false,
  cause: 'probe',
  detail,
});

describe('columns of a cycle', () => {
  it('are arrays in the words of PostgreSQL', () => {
    const { types, values } = eventColumns([event('timeout'), event(null)]);
    expect(values).toHaveLength(types.length);
    expect(values.slice(0, 6)).toEqual([
      '{7,7}',
      '{1795218000000.5,1795218000000.5}',
      '{NULL,NULL}',
      '{"down","down"}',
      '{false,false}',
      '{true,true}',
    ]);
    expect(values.at(-1)).toBe('{"timeout",NULL}');
  });

  it('are empty arrays without rows', () => {
    expect(new Set(eventColumns([]).values)).toEqual(new Set(['{}']));
    expect(numbersArray([])).toBe('{}');
  });

  it.each([
    ['quotes', 'a "b"', '"a \\"b\\""'],
    ['backslashes', 'c:\\d', '"c:\\\\d"'],
    ['commas and braces', '{1,2}', '"{1,2}"'],
    ['the word for null', 'NULL', '"NULL"'],
    ['nothing', '', '""'],
    ['what PostgreSQL cannot store', 'a\0b', '"ab"'],
  ])('keep %s in texts', (_, detail, written) => {
    expect(eventColumns([event(detail)]).values.at(-1)).toBe(`{${written}}`);
  });
});
