import { deviceBatches } from './device-batches.js';

describe('deviceBatches', () => {
  it.each([
    ['as many pieces as may be', [4, 4, 4, 4, 4], ['ab', 'cd', 'e']],
    ['as many devices as may be', [1, 1, 1, 1, 1], ['abc', 'de']],
    ['one that has more by itself', [2, 30, 2, 2, 2], ['a', 'b', 'cde']],
  ])('holds %s', (_name, pieces, expected) => {
    const batches = [...deviceBatches([...'abcde'], pieces, { pieces: 10, devices: 3 })];
    expect(batches.map((batch) => batch.join(''))).toEqual(expected);
  });
  it('of nobody are none', () => expect([...deviceBatches([], [], { pieces: 1, devices: 1 })]).toEqual([]));
});
