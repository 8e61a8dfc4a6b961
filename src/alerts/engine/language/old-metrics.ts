import type { Comparison, Condition, Operator } from '../condition.js';
import { allOf, anyOf } from './normalise-condition.js';

/** What the system before this one could ask for. */
export interface OldMetric {
  /** What is compared instead. */
  instead: Pick<Comparison, 'metric' | 'agg' | 'window_seconds'>;
  /** The new value of 1. */
  factor: number;
  /** The units that its values may be written with. */
  units: ReadonlyMap<string, number>;
  /** What it means without operator and value, in old values; absent: it needs them. */
  alone?: number;
}

const minutes = new Map([
  ['s', 1 / 60],
  ['m', 1],
  ['h', 60],
  ['d', 1_440],
]);

const OLD_METRICS: ReadonlyMap<string, OldMetric> = new Map<string, OldMetric>([
  ['ping_unreachable', { instead: { metric: 'icmp.down_seconds' }, factor: 60, units: minutes }],
  ['no_data', { instead: { metric: 'icmp.no_data_seconds' }, factor: 60, units: minutes, alone: 5 }],
  [
    'avg_ping_ms',
    { instead: { metric: 'icmp.rtt_ms', agg: 'avg', window_seconds: 300 }, factor: 1, units: new Map([['ms', 1]]) },
  ],
  [
    'packet_loss',
    {
      instead: { metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300 },
      factor: 1,
      units: new Map([['%', 1]]),
    },
  ],
]);

/** The old metric of that name, whatever its case. */
export function oldMetric(name: string): OldMetric | undefined {
  return OLD_METRICS.get(name.toLowerCase());
}

/**
 * What an old comparison means today. Minutes were counted whole, so being equal to 5 of them is from 300 s on and before 360 s.
 * @param value in old values, unit applied
 */
export function translateOld(
  { instead, factor }: OldMetric,
  op: Operator,
  value: number,
): { condition: Condition; comparisons: Comparison[]; note: string | null } {
  const compare = (operator: Operator, limit: number): Comparison => ({
    ...instead,
    op: operator,
    // Of a third of a minute, exactly 20 s.
    value: Number((limit * factor).toPrecision(12)),
  });
  if (factor === 1 || (op !== '==' && op !== '!=')) {
    const comparison = compare(op, value);
    return { condition: comparison, comparisons: [comparison], note: null };
  }
  const [low, high] = op === '==' ? (['>=', '<'] as const) : (['<', '>='] as const);
  const comparisons = [compare(low, value), compare(high, value + 1)];
  const note = `"${op}" of minutes is the whole minute; to hold from then on, use ">=".`;
  return { condition: op === '==' ? allOf(comparisons) : anyOf(comparisons), comparisons, note };
}
