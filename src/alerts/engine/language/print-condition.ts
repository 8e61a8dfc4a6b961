import type { Comparison, Condition } from '../condition.js';
import { durationText } from './duration-text.js';
import { normaliseCondition } from './normalise-condition.js';

/** Names that need no quotes. */
const PLAIN = /^\w+(?:\.\w+)*$/;

/** How tight each binds: parentheses go around what binds looser than its place. */
const BINDING = { any: 0, all: 1, not: 2 } as const;

/**
 * The text of a condition: one for all that are the same when normalised, and parsed back to that.
 * @example `avg(icmp.loss_percent, 5m) > 20 and not icmp.rtt_ms <= 100`
 */
export function printCondition(condition: Condition): string {
  return print(normaliseCondition(condition), BINDING.any);
}

function print(condition: Condition, least: number): string {
  if ('metric' in condition) return printComparison(condition);
  if ('not' in condition) return `not ${print(condition.not, BINDING.not)}`;
  const text =
    'all' in condition
      ? condition.all.map((part) => print(part, BINDING.all)).join(' and ')
      : condition.any.map((part) => print(part, BINDING.any)).join(' or ');
  return least > ('all' in condition ? BINDING.all : BINDING.any) ? `(${text})` : text;
}

function printComparison({ metric, agg, window_seconds: window, op, value }: Comparison): string {
  return `${printValueOf(metric, agg, window)} ${op} ${value}`;
}

/** What is compared, such as `avg(icmp.loss_percent, 5m)`. */
function printValueOf(metric: string, agg: Comparison['agg'], windowSeconds: number | null | undefined): string {
  const name = printMetric(metric);
  if (agg === undefined || (agg === 'last' && !windowSeconds)) return name;
  return windowSeconds ? `${agg}(${name}, ${durationText(windowSeconds)})` : `${agg}(${name})`;
}

/** Quotes what follows the family where it must: `snmp."CPU load"`. */
function printMetric(metric: string): string {
  const dot = metric.indexOf('.');
  const item = metric.slice(dot + 1);
  if (PLAIN.test(item)) return metric;
  return `${metric.slice(0, dot)}."${item.replace(/["\\]/g, '\\$&')}"`;
}
