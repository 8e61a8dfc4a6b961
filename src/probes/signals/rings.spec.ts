import { UNKNOWN } from '../../metrics/metric.js';
import { aggregateRings, readRings } from './rings.js';

const INT4 = 23;
const FLOAT4 = 700;

/** As PostgreSQL's array_send() has it. */
function sent(values: (number | null)[], type: number): Buffer {
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  if (values.length === 0) return Buffer.concat([word(0), word(0), word(type)]);
  const elements = values.flatMap((value) => {
    if (value === null) return [word(-1)];
    const bytes = word(type === INT4 ? value : 0);
    if (type === FLOAT4) bytes.writeFloatBE(value);
    return [word(4), bytes];
  });
  return Buffer.concat([
    word(1),
    word(values.includes(null) ? 1 : 0),
    word(type),
    word(values.length),
    word(1),
    ...elements,
  ]);
}

const rings = (arrays: (number | null)[][], type = FLOAT4) =>
  readRings(Buffer.concat(arrays.map((array) => sent(array, type))).toString('base64'), arrays.length);

describe('rings', () => {
  it('are read as they were sent, empty ones and nulls as well', () => {
    const { starts, values } = rings([[1.5, null, -2], [], [0.25]]);
    expect([...starts]).toEqual([0, 3, 3, 4]);
    expect([...values.subarray(0, 4)]).toEqual([1.5, Number.NaN, -2, 0.25]);
    expect([...rings([[1_795_218_000, -1]], INT4).values.subarray(0, 2)]).toEqual([1_795_218_000, -1]);
  });

  it('of no device are none', () => {
    expect([...readRings(null, 0).starts]).toEqual([0]);
  });

  it.each([
    ['avg', [15, Number.NaN, Number.NaN, 7]],
    ['min', [10, Number.NaN, Number.NaN, 7]],
    ['max', [20, Number.NaN, Number.NaN, 7]],
  ] as const)('%s of what is within the window and known', (agg, expected) => {
    const times = rings([[70, 80, 90, 100], [], [80], [100, 110]], INT4);
    const values = rings([[99, 10, null, 20], [], [null], [7]]);
    expect([...aggregateRings(times, values, agg, 80, [1, 1, 1, 1])]).toEqual(expected);
  });

  it.each(['avg', 'min', 'max'] as const)('%s of one that was sent empty is zero where there are times', (agg) => {
    const times = rings([[70, 80], [70], [], [80, 90], [90, 70]], INT4);
    const values = rings([[], [], [], [5, 7], []]);
    expect([...aggregateRings(times, values, agg, 80, [1, 1, 1, 1, 1])].map((value) => value > 0 || value)).toEqual([
      0,
      Number.NaN,
      Number.NaN,
      true,
      0,
    ]);
  });

  it.each(['avg', 'min', 'max'] as const)('%s of too few is not known', (agg) => {
    const times = rings(
      [
        [70, 80, 90],
        [70, 80, 90],
        [70, 80, 90],
        [70, 80, 90],
      ],
      INT4,
    );
    const values = rings([[5, 5, 5], [5, 5, null], [5, 5, 5], []]);
    expect([...aggregateRings(times, values, agg, 80, [2, 2, 3, 3])]).toEqual([5, UNKNOWN, UNKNOWN, UNKNOWN]);
    expect(aggregateRings(times, values, agg, 70, [3, 2, 3, 3])[3]).toBe(0);
  });
});
