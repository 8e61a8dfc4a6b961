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
  ])('masks %s', (_, text, secrets, masked) => expect(withoutSecrets(text, secrets)).toBe(masked));
});
