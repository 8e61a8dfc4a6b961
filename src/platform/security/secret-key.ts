import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';

const VERSION = 1;
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** Random and new for every text: with 96 bits a key may seal 2^32 of them (NIST SP 800-38D, 8.3). */
export const NONCE_BYTES = 12;

/** What texts are sealed with. */
export interface SecretKey {
  /** Of the derived key, not of the setting: it stands beside every sealed text, and must not help to guess the setting. */
  id: string;
  bytes: Buffer;
}

/** A sealed text was altered, moved to another context, or sealed with another key. */
export class BrokenSealError extends Error {
  override readonly name = 'BrokenSealError';
}

/** @param text the setting, or what the key file holds */
export function deriveSecretKey(text: string): SecretKey {
  const bytes = Buffer.from(hkdfSync('sha256', text, '', 'swarmward secrets', KEY_BYTES));
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 16), bytes };
}

/**
 * Encrypts and authenticates a text.
 * @param context where it belongs, `credential:<id>`: it opens nowhere else
 * @param nonce {@link NONCE_BYTES} random bytes, never used before
 * @returns version byte, nonce, tag, ciphertext
 */
export function sealText(key: SecretKey, plain: string, context: string, nonce: Buffer): Buffer {
  const cipher = createCipheriv(CIPHER, key.bytes, nonce).setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), ciphertext]);
}

/** @throws BrokenSealError */
export function openText(key: SecretKey, sealed: Buffer, context: string): string {
  const [nonceAt, tagAt, textAt] = [1, 1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES];
  if (sealed[0] !== VERSION || sealed.length < textAt) throw new BrokenSealError('This is no sealed text.');
  const decipher = createDecipheriv(CIPHER, key.bytes, sealed.subarray(nonceAt, tagAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(tagAt, textAt));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(textAt)), decipher.final()]).toString('utf8');
  } catch (error) {
    throw new BrokenSealError('The sealed text was altered, moved, or sealed with another key.', { cause: error });
  }
}
