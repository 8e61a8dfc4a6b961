import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ProblemException } from '../http/problem.js';
import { NONCE_BYTES, openText, sealText } from './secret-key.js';
import { SecretKeyring } from './secret-keyring.js';
import { keepKey } from './secret-keys.store.js';

/** A sealed text as it is stored. */
export interface SealedSecret {
  keyId: string;
  sealed: Buffer;
}

/** A secret was sealed with a key that this process does not have: another one has moved to a new key already. */
export class SecretKeyUnknownError extends Error {
  override readonly name = 'SecretKeyUnknownError';
}

/** Encrypts what must be readable for Swarmward and for nobody else who sees the database. AES-256-GCM, SWARMWARD_SECRETS_KEY. */
@Injectable()
export class SecretBox {
  constructor(
    private readonly keyring: SecretKeyring,
    private readonly database: DataSource,
  ) {}

  /**
   * @param context the row it belongs to, `credential:<id>`: in any other it does not open
   * @param manager of the transaction that stores it, so that a change of keys at the same time either waits or sees it
   * @throws ProblemException `secrets_key_missing`
   */
  async seal(plain: string, context: string, manager: EntityManager = this.database.manager): Promise<SealedSecret> {
    const { current } = this.keyring;
    if (!current) throw new ProblemException('secrets_key_missing');
    await keepKey((text, values) => manager.query(text, values), current);
    return { keyId: current.id, sealed: sealText(current, plain, context, randomBytes(NONCE_BYTES)) };
  }

  /** @throws SecretKeyUnknownError, BrokenSealError */
  async open({ keyId, sealed }: SealedSecret, context: string): Promise<string> {
    const key = this.keyring.find(keyId);
    if (!key) throw new SecretKeyUnknownError(`There is no key with the id ${keyId} in this process.`);
    return openText(key, sealed, context);
  }
}
