import { NOT_APPLICABLE, type Signal, signalKey } from '../../../metrics/metric.js';
import type { Comparison, Condition, Verdict } from '../condition.js';
import { comparisonsOf } from './condition-parts.js';

/** The values of a signal, one a row. */
export type ColumnOf = (signal: Signal) => Float64Array;
type Judge = (row: number) => Verdict;

/** What must be known to judge a condition, each once. */
export function signalsOf(condition: Condition): Signal[] {
  const signals = comparisonsOf(condition).map(({ comparison }) => signalOf(comparison));
  return [...new Map(signals.map((signal) => [signalKey(signal), signal])).values()];
}

export function signalOf({ metric, agg = 'last', window_seconds }: Comparison): Signal {
  return { metric, agg, windowSeconds: agg === 'last' ? null : (window_seconds ?? null) };
}

/** A function that judges a row. Columns are asked for once, now. */
export function compileCondition(condition: Condition, columnOf: ColumnOf): Judge {
  if ('metric' in condition) return compileComparison(condition, columnOf(signalOf(condition)));
  if ('not' in condition) {
    const judge = compileCondition(condition.not, columnOf);
    return (row) => {
      const verdict = judge(row);
      return verdict === null ? null : !verdict;
    };
  }
  const decisive = 'any' in condition;
  const parts = 'any' in condition ? condition.any : condition.all;
  return join(
    parts.map((part) => compileCondition(part, columnOf)),
    decisive,
  );
}

/** Kleene: decided by the first part that says so; else unknown as soon as one is. */
function join(judges: readonly Judge[], decisive: boolean): Judge {
  return (row) => {
    let verdict: Verdict = !decisive;
    for (let index = 0; index < judges.length; index++) {
      const part = judges[index]!(row);
      if (part === decisive) return decisive;
      if (part === null) verdict = null;
    }
    return verdict;
  };
}

function compileComparison({ op, value }: Comparison, column: Float64Array): Judge {
  // One function per operator: this is called millions of times.
  switch (op) {
    case '>':
      return (row) => {
        const now = column[row]!;
        return now > value ? now !== NOT_APPLICABLE : unlessUnknown(now);
      };
    case '>=':
      return (row) => {
        const now = column[row]!;
        return now >= value ? now !== NOT_APPLICABLE : unlessUnknown(now);
      };
    case '<':
      return (row) => {
        const now = column[row]!;
        return now < value || unlessUnknown(now);
      };
    case '<=':
      return (row) => {
        const now = column[row]!;
        return now <= value || unlessUnknown(now);
      };
    case '==':
      return (row) => {
        const now = column[row]!;
        return now === value || unlessUnknown(now);
      };
    case '!=':
      return (row) => {
        const now = column[row]!;
        return now !== value && now === now ? now !== NOT_APPLICABLE : unlessUnknown(now);
      };
  }
}

/** Of a comparison that does not hold. */
function unlessUnknown(value: number): Verdict {
  return value === value ? false : null;
}
