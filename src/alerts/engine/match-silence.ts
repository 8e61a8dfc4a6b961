import { globMatcher } from './glob.js';
import type { Matcher } from './matcher.js';

export type Matches = (labels: Readonly<Record<string, string>>) => boolean;

/** A function that tells whether labels meet all matchers. A label that is missing is empty; of several tags one has to match. */
export function compileMatchers(matchers: readonly Matcher[]): Matches {
  const tests = matchers.map(compile);
  return (labels) => tests.every((test) => test(labels));
}

function compile({ name, op, value }: Matcher): Matches {
  const isLike = op.endsWith('~') ? globMatcher(value) : (text: string) => text === value;
  const wanted = !op.startsWith('!');
  if (name === 'tag') return ({ tag = '' }) => tag.split(',').some(isLike) === wanted;
  return (labels) => isLike(Object.hasOwn(labels, name) ? labels[name]! : '') === wanted;
}
