import { createHash, timingSafeEqual } from 'node:crypto';

/** Random bytes of a generated token. */
export const TOKEN_BYTES = 32;

/** @param random {@link TOKEN_BYTES} bytes of a cryptographic source */
export function tokenText(random: Buffer): string {
  return `swd_${random.toString('base64url')}`;
}

/** What is stored of a token. No salt: tokens are long and random, and must be found by their hash. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Compares hashes in constant time. */
export function sameHash(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

const BEARER = /^Bearer +([\x21-\x7e]{1,512}) *$/i;

/** The token of an `Authorization` header; undefined when the header is no `Bearer <token>`. */
export function bearerToken(header: string): string | undefined {
  return BEARER.exec(header)?.[1];
}
