import { bearerToken, hashToken, sameHash, tokenText } from './token.js';

describe('token', () => {
  it('is swd_ and base64url', () => {
    expect(tokenText(Buffer.alloc(32, 255))).toMatch(/^swd_[\w-]{43}$/);
  });

  it.each([
    ['Bearer abc', 'abc'],
    ['bearer   abc ', 'abc'],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['Basic abc', undefined],
    ['Bearer a b', undefined],
    ['Bearer ä', undefined],
    [`Bearer ${'x'.repeat(513)}`, undefined],
    ['', undefined],
  ])('reads %j as %j', (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });

  it('compares hashes of any length', () => {
    expect(sameHash(hashToken('a'), hashToken('a'))).toBe(true);
    expect(sameHash(hashToken('a'), hashToken('b'))).toBe(false);
    expect(sameHash(hashToken('a'), Buffer.alloc(3))).toBe(false);
  });
});
