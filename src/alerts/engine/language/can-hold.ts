import { signalKey } from '../../../metrics/metric.js';
import type { Comparison, Condition, Operator } from '../condition.js';
import { signalOf, signalsOf } from './compile-condition.js';

/** Of ways through `any`: beyond that it is not worth to know. */
const MAX_STEPS = 300;

interface Part {
  condition: Condition;
  /** It does not hold. */
  negated: boolean;
}
type Demand = Pick<Comparison, 'op' | 'value'>;
/** What is demanded of each signal; `absent`: it is met too by what the signal says nothing about. */
type Demands = ReadonlyMap<string, { demands: readonly Demand[]; absent: boolean }>;

/**
 * Whether there are values for which all of these hold. Signals are taken for independent of each other.
 * @returns true also when it would take too long to know
 */
export function canHold(parts: readonly Part[]): boolean {
  // Of a single signal there is a value, or it is no target.
  const mayBeAbsent = signalsOf({ all: parts.map(({ condition }) => condition) }).length > 1;
  let steps = 0;
  const search = ([part, ...rest]: readonly Part[], said: Demands): boolean => {
    if (!part || ++steps > MAX_STEPS) return true;
    const { condition, negated } = part;
    if ('not' in condition) return search([{ condition: condition.not, negated: !negated }, ...rest], said);
    if ('metric' in condition) {
      const key = signalKey(signalOf(condition));
      const { demands, absent } = said.get(key) ?? { demands: [], absent: mayBeAbsent };
      const demand = { op: negated ? OPPOSITES[condition.op] : condition.op, value: condition.value };
      const now = { demands: [...demands, demand], absent: absent && negated };
      return (now.absent || canBeMet(now.demands)) && search(rest, new Map(said).set(key, now));
    }
    const inner = ('all' in condition ? condition.all : condition.any).map((each) => ({ condition: each, negated }));
    const needsAll = 'all' in condition !== negated;
    return needsAll ? search([...inner, ...rest], said) : inner.some((each) => search([each, ...rest], said));
  };
  return search(parts, new Map());
}

const OPPOSITES: Record<Operator, Operator> = { '>': '<=', '>=': '<', '<': '>=', '<=': '>', '==': '!=', '!=': '==' };
const MEETS: Record<Operator, (value: number, limit: number) => boolean> = {
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '==': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
};

/** Between two limits, and beyond the outermost, all values are alike: one of each is tried. */
function canBeMet(demands: readonly Demand[]): boolean {
  const limits = demands.map(({ value }) => value).toSorted((a, b) => a - b);
  const between = limits.slice(1).map((limit, index) => (limit + limits[index]!) / 2);
  const tried = [-Infinity, ...limits, ...between, Infinity];
  return tried.some((value) => demands.every((demand) => MEETS[demand.op](value, demand.value)));
}
