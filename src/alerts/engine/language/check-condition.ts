import type { MetricDefinition, TargetKind } from '../../../metrics/metric.js';
import type { Comparison, Condition, Operator } from '../condition.js';
import type { Scope } from '../rule.js';
import { comparisonsOf } from './condition-parts.js';
import type { ConditionPath, ConditionProblem } from './condition-problem.js';
import { durationText } from './duration-text.js';
import { nearestName } from './nearest-name.js';

/** What a condition is held against. */
interface CheckContext {
  /** As `SignalSources` does. */
  find(metric: string): MetricDefinition | undefined;
  /** Everything that may be asked for. */
  catalogue: readonly MetricDefinition[];
  scopeKind: Scope['kind'];
}

/** What each scope can be about. */
const TARGETS: Record<Scope['kind'], readonly TargetKind[]> = {
  devices: ['device'],
  swarm: ['swarm', 'node', 'service'],
  self: ['self', 'queue', 'rule', 'channel'],
};

const WORDS: Record<TargetKind, string> = {
  device: 'devices',
  swarm: 'the swarm',
  node: 'nodes',
  service: 'services',
  self: 'Swarmward itself',
  queue: 'job queues',
  rule: 'alert rules',
  channel: 'channels',
};

/** What a value can be at all, by its unit. */
const RANGES: Record<string, readonly [low: number, high: number]> = {
  percent: [0, 100],
  '1 or 0': [0, 1],
  seconds: [0, Number.POSITIVE_INFINITY],
  ms: [0, Number.POSITIVE_INFINITY],
};

/** Why a condition cannot be evaluated, or would say nothing; empty when it is good. */
export function checkCondition(condition: Condition, context: CheckContext): ConditionProblem[] {
  const problems: ConditionProblem[] = [];
  let first: { metric: string; target: TargetKind } | undefined;
  for (const { comparison, path } of comparisonsOf(condition)) {
    const { metric } = comparison;
    const definition = context.find(metric);
    if (!definition || definition.internal) {
      problems.push({ path: [...path, 'metric'], message: unknownMetric(metric, context.catalogue) });
      continue;
    }
    first ??= { metric, target: definition.target };
    const misplaced = targetProblem(metric, definition.target, context.scopeKind, first);
    if (misplaced) problems.push({ path: [...path, 'metric'], message: misplaced });
    problems.push(...comparisonProblems(comparison, definition, path));
  }
  return problems;
}

function unknownMetric(metric: string, catalogue: readonly MetricDefinition[]): string {
  const names = catalogue.filter(({ internal }) => !internal).map(({ name }) => name);
  const nearest = nearestName(metric, names);
  const known = names.map((name) => name.replace('*', '<item>')).join(', ');
  return `There is no metric ${metric}.${nearest ? ` Did you mean ${nearest}?` : ''} Known: ${known}.`;
}

function targetProblem(
  metric: string,
  target: TargetKind,
  scopeKind: Scope['kind'],
  first: { metric: string; target: TargetKind },
): string | null {
  if (!TARGETS[scopeKind].includes(target)) {
    const fitting = Object.entries(TARGETS).find(([, targets]) => targets.includes(target))![0];
    return `${metric} is about ${WORDS[target]}: it needs a scope of the kind ${fitting}, not ${scopeKind}.`;
  }
  if (target === first.target) return null;
  const kinds = `${metric} is about ${WORDS[target]}, ${first.metric} about ${WORDS[first.target]}`;
  return `${kinds}: one rule is about one kind. Make two rules.`;
}

function comparisonProblems(
  { metric, agg = 'last', window_seconds: window, op, value }: Comparison,
  { aggregations, longestWindowSeconds, unit, range }: MetricDefinition,
  path: ConditionPath,
): ConditionProblem[] {
  if (!aggregations.includes(agg)) {
    return [{ path: [...path, 'agg'], message: `${metric} has no ${agg}. It has: ${aggregations.join(', ')}.` }];
  }
  const windowFault = windowProblem(metric, agg, window, longestWindowSeconds);
  if (windowFault) return [{ path: [...path, 'window_seconds'], message: windowFault }];
  const limits = agg === 'rate' ? undefined : (range ?? RANGES[unit ?? '']);
  const always = limits && constantVerdict(op, value, limits);
  if (always === undefined) return [];
  const [low, high] = limits!;
  const bounds = high === Number.POSITIVE_INFINITY ? `never below ${low}` : `from ${low} to ${high}`;
  return [{ path: [...path, 'value'], message: `Is always ${always}: ${metric} is ${bounds}.` }];
}

function windowProblem(metric: string, agg: string, window: number | undefined, longest: number | null): string | null {
  if (agg === 'last') return window === undefined ? null : 'last is of now: it has no window.';
  if (window === undefined) return `${agg} needs a window, such as ${agg}(${metric}, 5m).`;
  if (window < SHORTEST_WINDOW_SECONDS) return `Must be at least ${durationText(SHORTEST_WINDOW_SECONDS)}.`;
  if (longest !== null && window > longest) return `Must be at most ${durationText(longest)} for ${metric}.`;
  return null;
}

/** The shortest interval of a probe. */
const SHORTEST_WINDOW_SECONDS = 5;

/** What a comparison with values from `low` to `high` always gives; undefined when it depends. */
function constantVerdict(op: Operator, value: number, [low, high]: readonly [number, number]): boolean | undefined {
  switch (op) {
    case '>':
      return value < low ? true : value >= high ? false : undefined;
    case '>=':
      return value <= low ? true : value > high ? false : undefined;
    case '<':
      return value > high ? true : value <= low ? false : undefined;
    case '<=':
      return value >= high ? true : value < low ? false : undefined;
    case '==':
      return value < low || value > high ? false : undefined;
    case '!=':
      return value < low || value > high ? true : undefined;
  }
}
