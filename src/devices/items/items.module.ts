import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { StoredSecretKey } from '../../platform/security/secret-key.entity.js';
import { SecurityModule } from '../../platform/security/security.module.js';
import { CredentialVault } from './credential-vault.store.js';
import { Credential } from './credential.entity.js';

/** SNMP credentials, for who speaks to devices. */
@Module({
  imports: [TypeOrmModule.forFeature([Credential, StoredSecretKey]), SecurityModule],
  providers: [CredentialVault],
  exports: [CredentialVault],
})
export class ItemsModule {}
