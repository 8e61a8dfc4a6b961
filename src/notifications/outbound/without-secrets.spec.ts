import { withoutSecrets } from './without-secrets.js';

const MASK = '********';

const HOOK = 'https://hooks.example.org/services/T000/B000/XXXXXXXXXXXX';

describe('withoutSecrets', () => {
  it.each([
    ['a URL', `Cannot POST ${HOOK}`, [HOOK], `Cannot POST ${MASK}`],
    ['its path', 'Cannot POST /services/T000/B000/XXXXXXXXXXXX', [HOOK], `Cannot POST ${MASK}`],
    ['a part of its path', 'no hook XXXXXXXXXXXX', [HOOK], `no hook ${MASK}`],
    ['a parameter', 'key aaaabbbbcccc', ['https://x.org/a?key=aaaabbbbcccc'], `key ${MASK}`],
    ['a header and what it holds', 'token abcdefgh', ['Bearer abcdefgh'], `token ${MASK}`],
    ['an escaped form', 'a%2Fb%20secret', ['a/b secret'], MASK],
    ['a JSON form', '{"x":"a\\"bcd"}', ['a"bcd'], `{"x":"${MASK}"}`],
    ['a base64 form', 'AUTH czNjcmV0', ['s3cret'], `AUTH ${MASK}`],
    ['the longer of two', 'abcdefgh', ['abcd', 'abcdefgh'], MASK],
    ['nothing short', 'an answer', ['an'], 'an answer'],
    ['nothing at all', 'an answer', [], 'an answer'],
    ['the beginning at the end', 'no token abcdefghij', ['abcdefghijklmnop'], `no token ${MASK}`],
    ['the beginning of a path at the end', 'no /services/T000/B0', [HOOK], `no ${MASK}`],
    ['no beginning that is short', 'a text of abcdefg', ['abcdefghijklmnop'], 'a text of abcdefg'],
    ['what NUL parts', 'no abcd\0efgh', ['abcdefgh'], `no ${MASK}`],
  ])('masks %s', (_, text, secrets, masked) => expect(withoutSecrets(text, secrets)).toBe(masked));

  it('cuts what is masked, between characters', () => {
    const token = 'x1'.repeat(1_000);
    expect(withoutSecrets(`${'-'.repeat(20)}${token}`, [token], 24)).toBe(`${'-'.repeat(20)}****`);
    expect(withoutSecrets('ab💥', [], 3)).toBe('ab');
  });
});
