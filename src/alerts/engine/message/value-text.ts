const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** As a person reads it: at most two decimals, four digits of what is small. */
export function numberText(value: number): string {
  const short = Math.abs(value) >= 1 ? Number(value.toFixed(2)) : Number(value.toPrecision(4));
  return String(short);
}

/** In its two largest units, rounded down: 3,725 is `1 h 2 min`. */
export function spanText(seconds: number): string {
  let left = Math.floor(Math.max(seconds, 0));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

/** A value with the unit that the name of its metric ends in. */
export function measureText(metric: string, value: number): string {
  if (metric.endsWith('_seconds')) return value >= 60 ? spanText(value) : `${numberText(value)} s`;
  if (metric.endsWith('_percent')) return `${numberText(value)} %`;
  if (metric.endsWith('_ms')) return `${numberText(value)} ms`;
  if (metric.endsWith('_days')) return `${numberText(value)} d`;
  return numberText(value);
}
