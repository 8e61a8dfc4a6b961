import { type Condition, CONDITION_LIMITS } from '../condition.js';
import { ConditionError, type ConditionPath, type ConditionProblem, type TextProblem } from './condition-problem.js';
import { ConditionReader, type Span } from './condition-reader.js';
import { tokensOf } from './condition-tokens.js';
import { comparisonsOf, depthOf } from './condition-parts.js';
import { printCondition } from './print-condition.js';

/**
 * Reads the text of a condition: `avg(icmp.loss_percent, 5m) > 20 and (icmp.rtt_ms > 100 or not tcp.down_seconds >= 1m)`. Old
 * expressions are taken too.
 * @returns the normalised tree
 * @throws ConditionError with the position of the first mistake
 */
export function parseCondition(text: string): Condition {
  return readCondition(text).condition;
}

/** @throws ConditionError */
export function readCondition(text: string): Pick<ConditionReader, 'spans' | 'notes'> & { condition: Condition } {
  const { textLength, depth } = CONDITION_LIMITS;
  if (text.length > textLength) {
    const message = `A condition has at most ${textLength} characters; this one has ${text.length}.`;
    throw new ConditionError([{ position: textLength, length: text.length - textLength, message }]);
  }
  const reader = new ConditionReader(tokensOf(text));
  const condition = reader.read();
  if (depthOf(condition) > depth) refuse(text, `Must be nested at most ${depth} deep.`);
  if (printCondition(condition).length > textLength)
    refuse(text, `Has more than ${textLength} characters, spaced out.`);
  return { condition, spans: reader.spans, notes: reader.notes };
}

/**
 * Where the parts of the tree of a text are in it, such as its `['all', 0, 'metric']`. Of `all` and `any` it is all of their parts.
 * @throws ConditionError
 */
export function positionsOf(text: string): (path: ConditionPath) => Span {
  const { condition, spans } = readCondition(text);
  const comparisons = comparisonsOf(condition);
  return (path) => {
    const meant = comparisons.filter(({ path: own }) => isWithin(own, path) || isWithin(path, own));
    const found = meant.map(({ comparison }) => spans.get(comparison)!);
    if (found.length === 0) return { position: 0, length: text.length };
    const part = path.length > meant[0]!.path.length ? (path.at(-1) as 'metric') : 'whole';
    if (found.length === 1) return found[0]![part] ?? found[0]!.metric;
    const { position } = found[0]!.whole;
    const last = found.at(-1)!.whole;
    return { position, length: last.position + last.length - position };
  };
}

/** What is wrong with what a text says, as mistakes in the text. */
export function locateProblems(text: string, problems: readonly ConditionProblem[]): TextProblem[] {
  if (problems.length === 0) return [];
  const positionOf = positionsOf(text);
  return problems.map(({ path, message }) => ({ ...positionOf(path), message }));
}

function isWithin(path: ConditionPath, outer: ConditionPath): boolean {
  return outer.every((step, index) => step === path[index]);
}

function refuse(text: string, message: string): never {
  throw new ConditionError([{ position: 0, length: text.length, message }]);
}
