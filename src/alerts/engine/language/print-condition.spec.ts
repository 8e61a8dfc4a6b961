import * as fc from 'fast-check';
import { AGGREGATIONS } from '../../../metrics/metric.js';
import { type Comparison, type Condition, CONDITION_LIMITS, OPERATORS } from '../condition.js';
import { ConditionError, type TextProblem } from './condition-problem.js';
import { comparisonsOf } from './condition-parts.js';
import { conditionSchema } from './condition-schema.js';
import { normaliseCondition } from './normalise-condition.js';
import { parseCondition } from './parse-condition.js';
import { printCondition } from './print-condition.js';

const family = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/);
const item = fc.oneof(
  fc.stringMatching(/^[a-z0-9_]{1,8}(\.[a-z0-9_]{1,8}){0,2}$/),
  fc.constantFrom('CPU load', 'and', 'a"b', 'back\\slash', 'ü 温度', '.', ' x ', '5m', 'avg(x, 5m) > 1', '\\', '"'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !/\p{Cc}/u.test(text)),
);
const value = fc.oneof(
  fc.integer({ min: -1_000, max: 100_000 }),
  fc.double({ noNaN: true, min: -CONDITION_LIMITS.value, max: CONDITION_LIMITS.value }),
);
const comparison: fc.Arbitrary<Comparison> = fc
  .record({
    metric: fc.tuple(family, item).map((parts) => parts.join('.')),
    agg: fc.option(fc.constantFrom(...AGGREGATIONS), { nil: undefined }),
    window: fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.constantFrom(60, 300, 3_600, 86_400)),
    op: fc.constantFrom(...OPERATORS),
    value,
  })
  .map(({ metric, agg, window, op, value: limit }) => ({
    metric,
    ...(agg && { agg }),
    ...(agg && agg !== 'last' && { window_seconds: window }),
    op,
    value: limit,
  }));
const tree: fc.Arbitrary<Condition> = fc
  .letrec<{ node: Condition }>((tie) => {
    const parts = fc.array(tie('node'), { minLength: 1, maxLength: 4 });
    return {
      node: fc.oneof(
        { maxDepth: 8, withCrossShrink: true },
        comparison,
        parts.map((all) => ({ all })),
        parts.map((any) => ({ any })),
        tie('node').map((not) => ({ not })),
      ),
    };
  })
  .node.filter((condition) => {
    const count = comparisonsOf(condition).length;
    return count <= CONDITION_LIMITS.comparisons && printCondition(condition).length <= CONDITION_LIMITS.textLength;
  });

describe('printCondition and parseCondition', () => {
  it('a tree that was printed is parsed back the same', () => {
    fc.assert(
      fc.property(tree, (condition) => {
        expect(parseCondition(printCondition(condition))).toEqual(normaliseCondition(condition));
      }),
      { numRuns: 1_000 },
    );
  });

  it('a text that was parsed prints back to itself, however it was spaced', () => {
    const gap = fc.constantFrom(' ', '  ', '\n', '\t ');
    fc.assert(
      fc.property(tree, gap, (condition, space) => {
        const text = printCondition(condition);
        expect(printCondition(parseCondition(text))).toBe(text);
        // Spaces within quotes are of the name.
        const spaced = text.includes('"') ? text : text.replaceAll(' ', space);
        expect(printCondition(parseCondition(spaced))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('normalising is done once', () => {
    fc.assert(
      fc.property(tree, (condition) => {
        const normal = normaliseCondition(condition);
        expect(normaliseCondition(normal)).toEqual(normal);
      }),
    );
  });

  it('the schema takes a tree and gives the normalised one, through JSON', () => {
    fc.assert(
      fc.property(tree, (condition) => {
        const sent = JSON.parse(JSON.stringify(condition)) as unknown;
        expect(conditionSchema.parse(sent)).toEqual(normaliseCondition(condition));
      }),
    );
  });

  it('parsing any text gives a condition or a ConditionError with a position in it', () => {
    const words = fc.constantFrom(
      'and',
      'or',
      'not',
      '(',
      ')',
      'avg(',
      'a.b',
      'a."b c"',
      '>',
      '=',
      '5',
      '5m',
      ',',
      '"',
      '!',
      'no_data',
      '§',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 12 }).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(text, (input) => {
        for (const { position, message } of problemsOf(input)) {
          expect(message).toMatch(/\.$/);
          expect(position).toBeGreaterThanOrEqual(0);
          expect(position).toBeLessThanOrEqual(input.length);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function problemsOf(text: string): TextProblem[] {
  try {
    parseCondition(text);
  } catch (error) {
    if (error instanceof ConditionError) return error.problems;
    throw error;
  }
  return [];
}
