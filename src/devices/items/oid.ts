/** Sub-identifiers of an object identifier are 32-bit numbers, at most 128 of them (RFC 2578, 3.5). */
const MAX_ARC = 2 ** 32 - 1;
const MAX_ARCS = 128;

/**
 * A numeric object identifier in its one spelling: `.1.3.6.01` → `1.3.6.1`.
 * @returns null when it is none: names, unknown roots (X.660: 0, 1, 2; below 0 and 1 only 0 to 39), arcs over 32 bit
 */
export function normaliseOid(text: string): string | null {
  if (!/^\.?\d{1,20}(\.\d{1,20})+$/.test(text)) return null;
  const arcs = text.replace(/^\./, '').split('.').map(Number);
  if (arcs.length > MAX_ARCS || arcs.some((arc) => arc > MAX_ARC)) return null;
  const [root, second] = arcs as [number, number];
  // BER writes the first two as one number: 40 × root + second.
  if (root > 2 || (root < 2 && second > 39) || root * 40 + second > MAX_ARC) return null;
  return arcs.join('.');
}
