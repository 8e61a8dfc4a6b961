import { type DynamicModule, Module } from '@nestjs/common';
import type { SecretKeyring } from './secret-keyring.js';

/** The keyring that the start of the process has tried on the database; without one the settings alone make it. */
export const UNLOCKED_KEYRING = Symbol('UnlockedKeyring');

@Module({})
export class SecretKeysModule {
  static forRoot(keyring: SecretKeyring): DynamicModule {
    const providers = [{ provide: UNLOCKED_KEYRING, useValue: keyring }];
    return { module: SecretKeysModule, global: true, providers, exports: providers };
  }
}
