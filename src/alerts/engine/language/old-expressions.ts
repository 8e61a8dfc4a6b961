import { readCondition } from './parse-condition.js';
import { printCondition } from './print-condition.js';

/**
 * The text of today for an expression of the system before this one, such as `ping_unreachable >= 5 AND packet_loss > 20`. The table
 * is in docs/alerts.md.
 * @returns with a note where what it means deserves a look
 * @throws ConditionError
 */
export function translateOldExpression(text: string): { expression: string; note: string | null } {
  const { condition, notes } = readCondition(text);
  return { expression: printCondition(condition), note: notes.length > 0 ? notes.join(' ') : null };
}
