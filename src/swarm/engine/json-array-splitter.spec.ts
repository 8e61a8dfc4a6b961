import { array, assert, constantFrom, double, integer, jsonValue, property } from 'fast-check';
import { JsonArraySplitter } from './json-array-splitter.js';

function parse(chunks: Uint8Array[], options = {}): unknown[] {
  const seen: unknown[] = [];
  const splitter = new JsonArraySplitter((elements) => seen.push(...elements), options);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return seen;
}

/** Cuts at the given fractions of the length, so also inside characters and escapes. */
function cut(text: string, fractions: number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const positions = [0, ...fractions.map((part) => Math.floor(part * bytes.length)), bytes.length].sort(
    (a, b) => a - b,
  );
  return positions.slice(1).map((position, index) => bytes.subarray(positions[index], position));
}

describe('JsonArraySplitter', () => {
  it('gives what JSON.parse gives, wherever the chunks are cut', () => {
    const fraction = double({ min: 0, max: 1, noNaN: true });
    const arrays = array(jsonValue({ stringUnit: 'binary' }), { maxLength: 12 });
    assert(
      property(
        arrays,
        array(fraction, { maxLength: 20 }),
        constantFrom(undefined, 2, '\t'),
        integer({ min: 1, max: 200 }),
        (value, fractions, indent, batchBytes) => {
          const text = `${indent ? ' \n' : ''}${JSON.stringify(value, null, indent)}${indent ? '\r\n' : ''}`;
          expect(parse(cut(text, fractions), { batchBytes })).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes one byte at a time', () => {
    const text = '[{"a":"\\\\\\"],[{é€😀","b":[[1,2],[]]},null,"}",[],{}]';
    expect(parse([...Buffer.from(text)].map((byte) => Buffer.from([byte])))).toEqual(JSON.parse(text));
  });

  it.each([
    ['', 'it is empty'],
    ['   ', 'it is empty'],
    ['<html>', 'it does not begin with ['],
    ['{"message":"no"}', 'it does not begin with ['],
    ['null', 'it does not begin with ['],
    ['[', 'it ends too early'],
    ['[{"a":1}', 'it ends too early'],
    ['[{"a":1},', 'it ends too early'],
    ['[{"a":"]', 'it ends too early'],
    ['[1}', 'a bracket does not match'],
    ['[1,2]x', 'something follows the array'],
    ['[1,2][3]', 'something follows the array'],
    ['[1,]', 'it is not well-formed'],
    ['[,1]', 'it is not well-formed'],
    ['[1,,2]', 'it is not well-formed'],
    ['[{]}]', 'a bracket does not match'],
    ['[{]]', 'it is not well-formed'],
    ['[secret]', 'it is not well-formed'],
    ['[{"a" 1}]', 'it is not well-formed'],
  ])('refuses %j: %s', (text, message) => {
    const bytes = Buffer.from(text);
    expect(() => parse([bytes])).toThrow(message);
    expect(() => parse([...bytes].map((byte) => Buffer.from([byte])))).toThrow(message);
  });

  it.each(['[1,]', '[,1]', '[1,,2]', '[1 2,3]', '[1,2,3,,]'])('refuses %j also when batches are tiny', (text) => {
    const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
    expect(() => parse(bytes, { batchBytes: 1 })).toThrow(/not well-formed|no element/);
  });

  it('refuses an element beyond its limit, but not a long array', () => {
    const long = JSON.stringify(Array.from({ length: 100 }, (_, index) => index));
    const chunks = cut(long, [0.2, 0.4, 0.6, 0.8]);
    expect(parse(chunks, { batchBytes: 10, maxElementBytes: 100 })).toHaveLength(100);
    const element = cut(`["${'x'.repeat(500)}`, [0.2, 0.4, 0.6, 0.8]);
    expect(() => parse(element, { batchBytes: 10, maxElementBytes: 100 })).toThrow(
      'one element is longer than 100 bytes',
    );
  });

  it('hands over elements before the array ends', () => {
    let seen = 0;
    const splitter = new JsonArraySplitter((elements) => (seen += elements.length), { batchBytes: 16 });
    splitter.push(Buffer.from('[{"id":1},{"id":2},{"id":3}'));
    expect(seen).toBe(2);
  });
});
