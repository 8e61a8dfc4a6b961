import * as fc from 'fast-check';
import { NOT_APPLICABLE, type Signal, signalKey, UNKNOWN } from '../../../metrics/metric.js';
import { type Condition, OPERATORS, type Operator, type Verdict } from '../condition.js';
import { compileCondition, signalsOf } from './compile-condition.js';
import { leadingComparison } from './leading-comparison.js';
import { parseCondition } from './parse-condition.js';

const columns = (values: Record<string, number>) => (signal: Signal) =>
  Float64Array.of(values[signalKey(signal)] ?? values[signal.metric] ?? UNKNOWN);
const judge = (text: string, values: Record<string, number>) =>
  compileCondition(parseCondition(text), columns(values))(0);

describe('compileCondition', () => {
  it.each<[string, number, Verdict]>([
    ['a.b > 5', 6, true],
    ['a.b > 5', 5, false],
    ['a.b >= 5', 5, true],
    ['a.b < 5', 4, true],
    ['a.b < 5', 5, false],
    ['a.b <= 5', 5, true],
    ['a.b == 5', 5, true],
    ['a.b == 5', 6, false],
    ['a.b != 5', 6, true],
    ['a.b != 5', 5, false],
    ...OPERATORS.flatMap((op): [string, number, Verdict][] => [
      [`a.b ${op} 5`, UNKNOWN, null],
      [`not a.b ${op} 5`, UNKNOWN, null],
      [`a.b ${op} 5`, NOT_APPLICABLE, false],
      [`not a.b ${op} 5`, NOT_APPLICABLE, true],
    ]),
  ])('%s with %d is %s', (text, value, verdict) => {
    expect(judge(text, { 'a.b': value })).toBe(verdict);
  });

  it.each<[string, number, number, Verdict]>([
    ['a.b > 5 and a.c > 5', 6, UNKNOWN, null],
    ['a.b > 5 and a.c > 5', 0, UNKNOWN, false],
    ['a.b > 5 and a.c > 5', UNKNOWN, 0, false],
    ['a.b > 5 or a.c > 5', UNKNOWN, 6, true],
    ['a.b > 5 or a.c > 5', UNKNOWN, 0, null],
    ['a.b > 5 or a.c > 5', 0, NOT_APPLICABLE, false],
    ['not (a.b > 5 or a.c > 5)', 0, UNKNOWN, null],
  ])('%s with %d and %d is %s', (text, b, c, verdict) => {
    expect(judge(text, { 'a.b': b, 'a.c': c })).toBe(verdict);
  });

  it('is what Kleene says, of any tree', () => {
    const values = [0, 1, 2, UNKNOWN, NOT_APPLICABLE];
    const { node } = fc.letrec<{ node: Condition }>((tie) => {
      const parts = fc.array(tie('node'), { minLength: 1, maxLength: 3 });
      return {
        node: fc.oneof(
          { maxDepth: 4 },
          fc.record({
            metric: fc.nat(4).map((index) => `v.${index}`),
            op: fc.constantFrom(...OPERATORS),
            value: fc.nat(2),
          }),
          parts.map((all) => ({ all })),
          parts.map((any) => ({ any })),
          tie('node').map((not) => ({ not })),
        ),
      };
    });
    const columnOf = ({ metric }: Signal) => Float64Array.of(values[Number(metric.slice(2))]!);
    fc.assert(
      fc.property(node, (condition) => {
        const verdict = compileCondition(condition, columnOf)(0);
        expect(verdict).toBe(kleene(condition, values));
        const leading = leadingComparison(condition, columnOf)(0);
        expect(verdict === true || leading === null).toBe(true);
        expect(leading === null || Number.isFinite(leading.value)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('judges 40 rules of 10,000 rows in a blink', () => {
    const rows = 10_000;
    const random = Float64Array.from({ length: rows }, (_, index) => (index * 7919) % 100);
    const rules = Array.from({ length: 40 }, (_, index) =>
      compileCondition(parseCondition(`a.b > ${index} and (a.c < ${99 - index} or not a.d == ${index})`), () => random),
    );
    const pass = () => {
      let held = 0;
      for (const rule of rules) for (let row = 0; row < rows; row++) if (rule(row) === true) held++;
      return held;
    };
    pass();
    const began = process.cpuUsage();
    expect(pass()).toBeGreaterThan(0);
    // Some 10 ms of the processor; the rest is for a slow machine.
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e3).toBeLessThan(300);
  });
});

describe('signalsOf', () => {
  it('names each once', () => {
    expect(signalsOf(parseCondition('a.b > 1 and (avg(a.b, 5m) > 1 or not a.b < 0) and avg(a.b, 300s) < 9'))).toEqual([
      { metric: 'a.b', agg: 'last', windowSeconds: null },
      { metric: 'a.b', agg: 'avg', windowSeconds: 300 },
    ]);
  });
});

describe('the value of leadingComparison', () => {
  it.each<[string, Record<string, number>, number | null]>([
    ['a.b > 5 and a.c > 5', { 'a.b': 6, 'a.c': 7 }, 6],
    ['a.b > 5 or a.c > 5', { 'a.b': 1, 'a.c': 7 }, 7],
    ['a.b > 5 or a.c > 5', { 'a.c': 7 }, 7],
    ['a.b > 5', { 'a.b': 1 }, null],
    ['a.b > 5', {}, null],
    ['not a.b > 5', { 'a.b': 1 }, 1],
    ['not (a.b > 5 or a.c > 5)', { 'a.b': 1, 'a.c': 2 }, 1],
    ['not (a.b > 5 and a.c > 5)', { 'a.b': 9, 'a.c': 2 }, 2],
    ['not a.b > 5 and a.c > 5', { 'a.b': NOT_APPLICABLE, 'a.c': 8 }, 8],
    ['avg(a.b, 5m) > 5 and a.b > 1', { 'avg(a.b, 300)': 6, 'a.b': 2 }, 6],
  ])('of %s with %j is %s', (text, values, expected) => {
    expect(leadingComparison(parseCondition(text), columns(values))(0)?.value ?? null).toBe(expected);
  });
});

function kleene(condition: Condition, values: readonly number[]): Verdict {
  if ('not' in condition) {
    const verdict = kleene(condition.not, values);
    return verdict === null ? null : !verdict;
  }
  if ('metric' in condition) return compare(values[Number(condition.metric.slice(2))]!, condition.op, condition.value);
  const parts = ('all' in condition ? condition.all : condition.any).map((part) => kleene(part, values));
  if ('all' in condition) return parts.includes(false) ? false : parts.includes(null) ? null : true;
  return parts.includes(true) ? true : parts.includes(null) ? null : false;
}

function compare(now: number, op: Operator, value: number): Verdict {
  if (Number.isNaN(now)) return null;
  if (now === NOT_APPLICABLE) return false;
  const holds = {
    '>': now > value,
    '>=': now >= value,
    '<': now < value,
    '<=': now <= value,
    '==': now === value,
    '!=': now !== value,
  };
  return holds[op];
}
