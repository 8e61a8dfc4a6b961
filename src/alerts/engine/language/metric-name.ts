/** Longer than the name of any item. */
export const METRIC_LENGTH = 250;

const SHAPE = /^[A-Za-z_]\w*\.[^\p{Cc}]+$/u;

/** Whether it is written like a metric: a family, a dot and a name, such as `icmp.rtt_ms` or `snmp.CPU load`. */
export function isMetricName(text: string): boolean {
  return text.length <= METRIC_LENGTH && SHAPE.test(text);
}

/** The units that a value may be written with, by how the name of its metric ends. */
const UNITS_OF: readonly [RegExp, ReadonlyMap<string, number>][] = [
  [
    /_seconds$/,
    new Map([
      ['s', 1],
      ['m', 60],
      ['h', 3_600],
      ['d', 86_400],
    ]),
  ],
  [
    /_ms$/,
    new Map([
      ['ms', 1],
      ['s', 1_000],
    ]),
  ],
  [/_days$/, new Map([['d', 1]])],
  [/_percent$/, new Map([['%', 1]])],
];

/** What a value of a metric is multiplied by for its unit, by the unit. Empty: its values are plain numbers. */
export function unitsOf(metric: string): ReadonlyMap<string, number> {
  return UNITS_OF.find(([ending]) => ending.test(metric))?.[1] ?? new Map<string, number>();
}
