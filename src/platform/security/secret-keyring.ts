import type { Settings } from '../config/settings.schema.js';
import { deriveSecretKey, type SecretKey } from './secret-key.js';

/** The keys of this process. */
export class SecretKeyring {
  constructor(
    /** What is sealed from now on is sealed with it; null: nothing can be stored. */
    readonly current: SecretKey | null,
    /** Only opens. */
    readonly previous: SecretKey | null,
  ) {}

  find(id: string): SecretKey | null {
    return [this.current, this.previous].find((key) => key?.id === id) ?? null;
  }
}

/** @param fromFile what the generated key file holds; the setting takes precedence */
export function keyringOf(
  settings: Pick<Settings, 'secretsKey' | 'secretsKeyPrevious'>,
  fromFile: string | null = null,
): SecretKeyring {
  const text = settings.secretsKey ?? fromFile;
  const previous = settings.secretsKeyPrevious;
  return new SecretKeyring(text ? deriveSecretKey(text) : null, previous ? deriveSecretKey(previous) : null);
}
