import { globMatcher } from '../engine/glob.js';
import { compileMatchers } from './match-silence.js';
import type { Matcher } from './matcher.js';

const labels = { rule: 'Device down', site: 'Berlin', tag: 'core,edge', team: 'network' };

describe('compileMatchers', () => {
  it.each<[string, Matcher[], boolean]>([
    ['an equal label', [{ name: 'site', op: '=', value: 'Berlin' }], true],
    ['case counts when equal', [{ name: 'site', op: '=', value: 'berlin' }], false],
    ['another label', [{ name: 'site', op: '!=', value: 'Bern' }], true],
    ['a likeness', [{ name: 'rule', op: '~', value: 'device*' }], true],
    ['no likeness', [{ name: 'rule', op: '!~', value: '*down' }], false],
    ['a label of the rule', [{ name: 'team', op: '=', value: 'network' }], true],
    ['one of the tags', [{ name: 'tag', op: '=', value: 'edge' }], true],
    ['part of a tag is none', [{ name: 'tag', op: '=', value: 'ed' }], false],
    ['not, when one of the tags is it', [{ name: 'tag', op: '!=', value: 'edge' }], false],
    ['like one of the tags', [{ name: 'tag', op: '~', value: 'e*' }], true],
    ['like none of the tags', [{ name: 'tag', op: '!~', value: 'x*' }], true],
    ['a missing label is empty', [{ name: 'region', op: '=', value: '' }], true],
    ['a missing label is not something', [{ name: 'region', op: '=', value: 'north' }], false],
    ['nothing inherited is a label', [{ name: 'constructor', op: '!=', value: '' }], false],
    [
      'all must match',
      [
        { name: 'site', op: '=', value: 'Berlin' },
        { name: 'team', op: '=', value: 'x' },
      ],
      false,
    ],
  ])('%s', (_name, matchers, expected) => {
    expect(compileMatchers(matchers)(labels)).toBe(expected);
  });
});

describe('globMatcher', () => {
  it.each([
    ['abc', 'ABC', true],
    ['abc', 'abcd', false],
    ['*', '', true],
    ['a*', 'a', true],
    ['*a*b*', 'xaxxbx', true],
    ['*a*b*', 'ba', false],
    ['aa*aa', 'aaa', false],
    ['aa*aa', 'aaaa', true],
    ['a**b', 'ab', true],
    ['a*b*b', 'ab', false],
    ['a.c', 'abc', false],
    ['[a]*', '[a]b', true],
  ])('%s of %s: %s', (pattern, text, expected) => {
    expect(globMatcher(pattern)(text)).toBe(expected);
  });
});
