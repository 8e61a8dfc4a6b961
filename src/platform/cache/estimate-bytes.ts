/** Members of an array or object that are looked at one by one; of longer ones a spread sample stands for all. */
const SAMPLE = 64;
/** Nesting beyond this counts as nothing: it also ends cycles. */
const MAX_DEPTH = 12;
const OBJECT_HEADER = 32;
const SLOT = 16;

/**
 * Roughly how many bytes of heap a value holds, without serialising it. The cost is bounded: long arrays and objects are sampled, so an
 * array of 100,000 tasks costs no more than one of 64. Good to about a factor of two, which is enough to bound a cache.
 */
export function estimateBytes(value: unknown, depth = 0): number {
  switch (typeof value) {
    case 'string':
      return OBJECT_HEADER + value.length * 2;
    case 'object':
      if (value === null || depth > MAX_DEPTH) return 8;
      if (ArrayBuffer.isView(value)) return OBJECT_HEADER + value.byteLength;
      if (Array.isArray(value)) return OBJECT_HEADER + sampled(value, (item) => SLOT + estimateBytes(item, depth + 1));
      if (value instanceof Map) return collection([...value].flat(), depth);
      if (value instanceof Set) return collection([...value], depth);
      return OBJECT_HEADER + sampled(Object.values(value), (item) => SLOT + estimateBytes(item, depth + 1));
    default:
      return 8;
  }
}

function collection(items: unknown[], depth: number): number {
  return 2 * OBJECT_HEADER + sampled(items, (item) => 2 * SLOT + estimateBytes(item, depth + 1));
}

function sampled(items: readonly unknown[], bytesOf: (item: unknown) => number): number {
  const count = Math.min(items.length, SAMPLE);
  let bytes = 0;
  for (let index = 0; index < count; index++) bytes += bytesOf(items[Math.floor((index * items.length) / count)]);
  return count === 0 ? 0 : Math.ceil((bytes / count) * items.length);
}
