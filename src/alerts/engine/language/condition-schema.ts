import { z } from 'zod';
import { type Condition, CONDITION_LIMITS } from '../condition.js';
import { printCondition } from './print-condition.js';
import { readConditionTree } from './read-condition-tree.js';

/**
 * A condition as a tree, in a request; what it gives is normalised. Says of every mistake where it is. Whether its metrics exist
 * is for `checkCondition`.
 */
export const conditionSchema: z.ZodType<Condition> = z
  .unknown()
  .transform((value, context): Condition => {
    const read = readConditionTree(value);
    const problems = 'problems' in read ? read.problems : lengthProblems(read.condition);
    for (const { path, message } of problems) context.issues.push({ code: 'custom', path, message, input: value });
    return 'condition' in read && problems.length === 0 ? read.condition : z.NEVER;
  })
  .meta({
    type: 'object',
    description:
      'A comparison, or `{"all": […]}`, `{"any": […]}`, `{"not": …}` of conditions, ' +
      `at most ${CONDITION_LIMITS.depth} deep and ${CONDITION_LIMITS.comparisons} comparisons.`,
    examples: [
      { all: [{ metric: 'icmp.loss_percent', agg: 'avg', window_seconds: 300, op: '>', value: 20 }] },
      {
        any: [
          { metric: 'icmp.down_seconds', op: '>=', value: 60 },
          { not: { metric: 'icmp.flaps', op: '<', value: 6 } },
        ],
      },
    ],
  });

function lengthProblems(condition: Condition) {
  const message = `Has more than ${CONDITION_LIMITS.textLength} characters as a text.`;
  return printCondition(condition).length > CONDITION_LIMITS.textLength ? [{ path: [], message }] : [];
}
