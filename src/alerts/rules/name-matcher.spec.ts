import { nameMatcher } from './name-matcher.js';

describe('nameMatcher', () => {
  it.each<[string[] | undefined, string, boolean]>([
    [undefined, 'anything', true],
    [['web'], 'web', true],
    [['web'], 'web-1', false],
    [['web*'], 'web-1', true],
    [['*web'], 'my-web', true],
    [['a*b'], 'ab', true],
    [['a*a'], 'a', false],
    [['a*b*c'], 'a-b-c', true],
    [['a*b*c'], 'a-c-b', false],
    [['a*bc*c'], 'abc', false],
    [['*'], '', true],
    [['a.c'], 'abc', false],
    [['x', '*y*'], 'a y b', true],
  ])('%j of %s is %s', (patterns, name, expected) => {
    expect(nameMatcher(patterns)(name)).toBe(expected);
  });

  it('does not take long for patterns that match in many ways', () => {
    expect(nameMatcher(['*a'.repeat(100)])('a'.repeat(5_000) + 'b')).toBe(false);
  });
});
