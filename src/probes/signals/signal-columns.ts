/** One row: numbers of devices, and for each of them an array of as many cells as signals were asked for, both as PostgreSQL's text. */
export interface SignalRow {
  /** Null when there is no device. */
  nums: string | null;
  cells: string | null;
}

/**
 * A column per signal. Text of arrays is the cheapest way over: 10,000 devices are one row instead of 10,000 objects.
 * `NULL` and `NaN` are UNKNOWN, `Infinity` is NOT_APPLICABLE.
 */
export function signalColumns(
  { nums, cells }: SignalRow,
  signals: number,
): { nums: Int32Array; columns: Float64Array[] } {
  if (!nums || !cells) {
    return { nums: new Int32Array(), columns: Array.from({ length: signals }, () => new Float64Array()) };
  }
  const devices = Int32Array.from(nums.slice(1, -1).split(','), Number);
  const columns = Array.from({ length: signals }, () => new Float64Array(devices.length));
  const texts = cells.slice(2, -2).split(',');
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index] as string;
    const column = columns[index % signals] as Float64Array;
    // Between two devices stand braces: `{1,2},{3,4}`.
    column[Math.floor(index / signals)] = Number(bare(text));
  }
  return { nums: devices, columns };
}

function bare(text: string): string {
  const from = text.startsWith('{') ? 1 : 0;
  return text.slice(from, text.endsWith('}') ? -1 : undefined);
}
