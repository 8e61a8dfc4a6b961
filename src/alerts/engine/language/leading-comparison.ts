import { NOT_APPLICABLE } from '../../../metrics/metric.js';
import type { Comparison, Condition } from '../condition.js';
import { type ColumnOf, compileCondition, signalOf } from './compile-condition.js';

/** What an alert is about, in one comparison. */
interface Leading {
  comparison: Comparison;
  value: number;
}
type Lead = (row: number, wanted: boolean) => Leading | null;

/** The first comparison that makes a condition true, and its value; null while it is not true. */
export function leadingComparison(condition: Condition, columnOf: ColumnOf): (row: number) => Leading | null {
  const lead = compileLead(condition, columnOf);
  return (row) => lead(row, true);
}

function compileLead(condition: Condition, columnOf: ColumnOf): Lead {
  const judge = compileCondition(condition, columnOf);
  if ('metric' in condition) {
    const column = columnOf(signalOf(condition));
    return (row, wanted) => {
      const value = column[row]!;
      return judge(row) === wanted && value !== NOT_APPLICABLE ? { comparison: condition, value } : null;
    };
  }
  if ('not' in condition) {
    const lead = compileLead(condition.not, columnOf);
    return (row, wanted) => lead(row, !wanted);
  }
  const leads = ('all' in condition ? condition.all : condition.any).map((part) => compileLead(part, columnOf));
  return (row, wanted) => {
    if (judge(row) !== wanted) return null;
    for (const lead of leads) {
      const found = lead(row, wanted);
      if (found) return found;
    }
    return null;
  };
}
