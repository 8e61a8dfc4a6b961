import { matchesEtag, weakEtag } from './etag.js';

const etag = weakEtag('truth');

describe('matchesEtag', () => {
  it.each<[string, string | undefined, boolean]>([
    ['no header', undefined, false],
    ['the tag', etag, true],
    ['the tag as a strong one', etag.slice(2), true],
    ['anything', '*', true],
    ['a list with it', `"other", ${etag}`, true],
    ['a list without it', '"other", W/"another"', false],
    ['another truth', weakEtag('lie'), false],
    ['nonsense', 'truth', false],
  ])('with %s', (_, header, expected) => {
    expect(matchesEtag(header, etag)).toBe(expected);
  });
});
