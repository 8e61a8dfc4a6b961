import { itemResult } from './item-result.js';
import type { SnmpReading } from './snmp-agent.port.js';

const at = new Date('2026-11-21T10:01:00Z');
const before = { lastRaw: '1000', lastAt: new Date('2026-11-21T10:00:00Z'), lastUptimeTicks: 100 };
const never = { lastRaw: null, lastAt: null, lastUptimeTicks: null };
const item = (
  valueType: 'number' | 'text',
  transform: 'none' | 'rate',
  last: typeof before | typeof never = never,
) => ({
  num: 7,
  oid: '1.3.6.1.2.1.2.2.1.10.1',
  valueType,
  transform,
  ...last,
});
const counter: SnmpReading = { kind: 'number', value: 7_000, bits: 32 };

describe('itemResult', () => {
  it.each<[string, ReturnType<typeof item>, SnmpReading, object]>([
    ['a number', item('number', 'none'), counter, { status: 0, value: 7_000, error: null }],
    ['a number sent as text', item('number', 'none'), { kind: 'text', value: ' 23.5 ' }, { status: 0, value: 23.5 }],
    [
      'a text where a number is wanted',
      item('number', 'none'),
      { kind: 'text', value: 'n/a' },
      { status: 1, value: null, error: 'not_a_number' },
    ],
    [
      'an empty text where a number is wanted',
      item('number', 'none'),
      { kind: 'text', value: '' },
      { status: 1, error: 'not_a_number' },
    ],
    [
      'a float that is no number',
      item('number', 'rate', before),
      { kind: 'number', value: NaN, bits: null },
      { status: 1, value: null, raw: null, error: 'not_a_number' },
    ],
    ['a text', item('text', 'none'), { kind: 'text', value: 'v1.2' }, { status: 0, value: null, text: 'v1.2' }],
    ['a number where a text is wanted', item('text', 'none'), counter, { status: 0, text: '7000' }],
    ['the first reading of a rate', item('number', 'rate'), counter, { status: 2, value: null, raw: '7000' }],
    ['the second reading of a rate', item('number', 'rate', before), counter, { status: 0, value: 100, raw: '7000' }],
    [
      'a rate after a reading that was no whole number',
      item('number', 'rate', { ...before, lastRaw: '1.5' }),
      counter,
      { status: 2, raw: '7000' },
    ],
    [
      'an error',
      item('number', 'rate', before),
      { kind: 'error', code: 'no_response', message: 'No answer' },
      { status: 1, value: null, raw: null, error: 'no_response', errorDetail: 'No answer' },
    ],
  ])('%s', (_, due, reading, expected) => {
    expect(itemResult(due, reading, at, 6_100)).toMatchObject({ item: { num: 7 }, at, ...expected });
  });
});
