import { readRecords, recordsSql } from './history-records.js';

describe('records', () => {
  it('are read as they were sent', () => {
    const bytes = Buffer.alloc(24);
    bytes.writeDoubleBE(1_795_218_000_123, 0);
    bytes.writeFloatBE(2.5, 8);
    bytes.writeDoubleBE(1_795_218_030_000, 12);
    bytes.writeFloatBE(Number.NaN, 20);
    const [at, values] = readRecords(bytes.toString('base64'), ['float8', 'float4']);
    expect([...at!]).toEqual([1_795_218_000_123, 1_795_218_030_000]);
    expect([...values!]).toEqual([2.5, Number.NaN]);
  });

  it('are none of no row', () => {
    expect(readRecords(null, ['float8', 'float4']).map((column) => column.length)).toEqual([0, 0]);
  });

  it('are sent with what is not known as NaN', () => {
    expect(recordsSql({ at: 'float8', rtt: 'float4' })).toBe(
      `encode(string_agg(float8send(coalesce(at, 'NaN')) || float4send(coalesce(rtt, 'NaN')), ''), 'base64')`,
    );
  });
});
