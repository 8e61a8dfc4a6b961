import { BrokenSealError, deriveSecretKey, NONCE_BYTES, openText, sealText } from './secret-key.js';

describe('secret key', () => {
  const key = deriveSecretKey('a setting of thirty-two characters or more');
  const other = deriveSecretKey('another setting of thirty-two characters');
  const nonce = Buffer.alloc(NONCE_BYTES, 7);
  const sealed = sealText(key, 'geheim — 秘密', 'credential:1', nonce);
  const flipped = (at: number): Buffer => {
    const copy = Buffer.from(sealed);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  };

  it('opens what it sealed', () => {
    expect(openText(key, sealed, 'credential:1')).toBe('geheim — 秘密');
    expect(openText(key, sealText(key, '', 'c', nonce), 'c')).toBe('');
  });

  it('is the same in every process, and named without giving the setting away', () => {
    // Fixed for good: installations have rows under such ids, sealed with such keys.
    expect(key.id).toBe('aa2208a65d741818');
    expect(sealed.toString('hex')).toBe(
      '010707070707070707070707075ef483bfd2ae0b6e516bb70c3048c363f7bd6f1bf8fdb7a28900870117fed8647e',
    );
    expect(other.id).not.toBe(key.id);
  });

  it.each([
    ['of another context', () => openText(key, sealed, 'credential:2')],
    ['of another key', () => openText(other, sealed, 'credential:1')],
    ['with another version', () => openText(key, flipped(0), 'credential:1')],
    ['with an altered nonce', () => openText(key, flipped(1), 'credential:1')],
    ['with an altered tag', () => openText(key, flipped(1 + NONCE_BYTES), 'credential:1')],
    ['with an altered text', () => openText(key, flipped(sealed.length - 1), 'credential:1')],
    ['cut short', () => openText(key, sealed.subarray(0, 20), 'credential:1')],
    ['with nothing in it', () => openText(key, Buffer.alloc(0), 'credential:1')],
  ])('refuses a text %s', (_, open) => {
    expect(open).toThrow(BrokenSealError);
  });
});
