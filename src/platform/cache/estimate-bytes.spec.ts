import { estimateBytes } from './estimate-bytes.js';

const task = (index: number) => ({ id: `task-${index}`, state: 'running', slot: index, node: 'node-1', error: null });

describe('estimateBytes', () => {
  it('is within a factor of four above the JSON text and never below half of it', () => {
    const value = { nodes: Array.from({ length: 500 }, (_, index) => task(index)) };
    const json = JSON.stringify(value).length;
    expect(estimateBytes(value)).toBeGreaterThan(json / 2);
    expect(estimateBytes(value)).toBeLessThan(json * 4);
  });

  it('grows with the number of members, though it samples', () => {
    const sizes = [1_000, 10_000].map((length) => estimateBytes(Array.from({ length }, (_, index) => task(index))));
    expect(sizes[1]! / sizes[0]!).toBeCloseTo(10, 0);
  });

  it('counts the bytes of buffers', () => {
    expect(estimateBytes(Buffer.alloc(1_000_000))).toBeGreaterThanOrEqual(1_000_000);
  });

  it('ends on a value that holds itself', () => {
    const value: Record<string, unknown> = { name: 'loop' };
    value['self'] = value;
    expect(estimateBytes(value)).toBeLessThan(10_000);
  });

  it.each([null, undefined, 1, true, '', [], {}, new Map([['a', 1]]), new Set([1])])('takes %p', (value) => {
    expect(estimateBytes(value)).toBeGreaterThan(0);
  });
});
