import { AGGREGATIONS } from '../../../metrics/metric.js';
import { type Comparison, type Condition, CONDITION_LIMITS, OPERATORS } from '../condition.js';
import type { ConditionPath, ConditionProblem } from './condition-problem.js';
import { isMetricName } from './metric-name.js';
import { allOf, anyOf, normaliseCondition, notOf } from './normalise-condition.js';

const GROUPS = ['all', 'any', 'not'] as const;
const FIELDS = ['metric', 'agg', 'window_seconds', 'op', 'value'] as const;
/** A person corrects a few at a time. */
const MOST_PROBLEMS = 20;
/** No sensible condition has more, comparisons and what holds them together. */
const MOST_NODES = CONDITION_LIMITS.comparisons * CONDITION_LIMITS.depth;
const LONGEST_WINDOW = 366 * 86_400;

type Fields = Record<string, unknown>;

/**
 * Reads what came as JSON. Costs no more than the limits of a condition allow, whatever came.
 * @returns the normalised tree, or what is wrong with it
 */
export function readConditionTree(value: unknown): { condition: Condition } | { problems: ConditionProblem[] } {
  const problems: ConditionProblem[] = [];
  let comparisons = 0;
  let nodes = 0;
  const refuse = (path: ConditionPath, message: string): undefined => {
    if (problems.length < MOST_PROBLEMS) problems.push({ path, message });
  };

  const read = (node: unknown, path: ConditionPath, depth: number): Condition | undefined => {
    // Few bytes can mean many nodes: YAML has aliases.
    if (++nodes > MOST_NODES) return nodes === MOST_NODES + 1 ? refuse(path, TOO_MANY) : undefined;
    if (depth > CONDITION_LIMITS.depth) return refuse(path, `Must be nested at most ${CONDITION_LIMITS.depth} deep.`);
    if (!isObject(node)) return refuse(path, 'Must be a comparison, or an object with one of: all, any, not.');
    const group = GROUPS.find((key) => Object.hasOwn(node, key));
    if (!group) return readComparison(node, path);
    const more = Object.keys(node).find((key) => key !== group);
    if (more !== undefined) return refuse(path, `Must have nothing beside ${group}, not even "${more.slice(0, 40)}".`);
    if (group === 'not') {
      const part = read(node['not'], [...path, 'not'], depth + 1);
      return part && notOf(part);
    }
    const parts = node[group];
    if (!Array.isArray(parts) || parts.length === 0) return refuse([...path, group], 'Must be a list of conditions.');
    if (parts.length > CONDITION_LIMITS.comparisons) return refuse([...path, group], TOO_MANY);
    const good: (Condition | undefined)[] = [];
    for (const [index, part] of parts.entries()) {
      if (nodes > MOST_NODES) return undefined;
      good.push(read(part, [...path, group, index], depth + 1));
    }
    if (!good.every((part) => part !== undefined)) return undefined;
    return group === 'all' ? allOf(good) : anyOf(good);
  };

  const readComparison = (node: Fields, path: ConditionPath): Condition | undefined => {
    if (++comparisons > CONDITION_LIMITS.comparisons) {
      return comparisons === CONDITION_LIMITS.comparisons + 1 ? refuse(path, TOO_MANY) : undefined;
    }
    const before = problems.length;
    for (const key of Object.keys(node).slice(0, MOST_PROBLEMS)) {
      if (!(FIELDS as readonly string[]).includes(key)) {
        refuse([...path, key.slice(0, 40)], `Unknown field. Valid: ${FIELDS.join(', ')}.`);
      }
    }
    for (const field of FIELDS) {
      const message = faultOf(field, node[field]);
      if (message) refuse([...path, field], message);
    }
    return problems.length > before ? undefined : normaliseCondition(node as unknown as Comparison);
  };

  const condition = read(value, [], 1);
  return condition && problems.length === 0 ? { condition } : { problems };
}

const TOO_MANY = `A condition has at most ${CONDITION_LIMITS.comparisons} comparisons.`;

function faultOf(field: (typeof FIELDS)[number], value: unknown): string | null {
  switch (field) {
    case 'metric':
      return typeof value === 'string' && isMetricName(value)
        ? null
        : 'Must be the name of a metric, such as icmp.rtt_ms.';
    case 'agg':
      return value === undefined || AGGREGATIONS.includes(value as 'avg')
        ? null
        : `Must be one of: ${AGGREGATIONS.join(', ')}.`;
    case 'window_seconds':
      return value === undefined || isWithin(value, 1, LONGEST_WINDOW, true)
        ? null
        : 'Must be a whole number of seconds.';
    case 'op':
      return OPERATORS.includes(value as '>') ? null : `Must be one of: ${OPERATORS.join(', ')}.`;
    case 'value':
      return isWithin(value, -CONDITION_LIMITS.value, CONDITION_LIMITS.value, false) ? null : 'Must be a number.';
  }
}

function isWithin(value: unknown, low: number, high: number, whole: boolean): boolean {
  return typeof value === 'number' && value >= low && value <= high && (!whole || Number.isInteger(value));
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
