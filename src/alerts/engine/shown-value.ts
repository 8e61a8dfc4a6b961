import type { Comparison, Condition } from './condition.js';
import { comparisonsOf } from './language/condition-parts.js';
import { type ColumnOf, signalOf } from './language/compile-condition.js';
import { leadingComparison } from './language/leading-comparison.js';

/** What an alert is shown with. */
export interface Shown {
  /** The comparison that its value is of. */
  comparison: Comparison;
  /** Null: nothing is known. */
  value: number | null;
}

/** What of a row speaks for a condition, else the first value that is known. */
export function shownValue(condition: Condition, columnOf: ColumnOf): (row: number) => Shown {
  const leading = leadingComparison(condition, columnOf);
  const parts = comparisonsOf(condition).map(({ comparison }) => ({
    comparison,
    column: columnOf(signalOf(comparison)),
  }));
  return (row) => {
    const lead = leading(row);
    if (lead && Number.isFinite(lead.value)) return lead;
    const known = parts.find(({ column }) => Number.isFinite(column[row]));
    return known
      ? { comparison: known.comparison, value: known.column[row]! }
      : { comparison: parts[0]!.comparison, value: null };
  };
}
