import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Settings } from '../config/settings.schema.js';
import { AccessControl } from '../http/access-control.port.js';
import { ApiToken } from './api-token.entity.js';
import { AuditEntry } from './audit-entry.entity.js';
import { AuditLog } from './audit-log.service.js';
import { SecretBox } from './secret-box.service.js';
import { keyringOf, SecretKeyring } from './secret-keyring.js';
import { UNLOCKED_KEYRING } from './secret-keys.module.js';
import { TokenAccess } from './token-access.service.js';
import { TokenAuthenticator } from './token-authenticator.service.js';
import { TokenStore } from './token.store.js';

/** Who may do what: tokens, roles, limits, the record of every write, the box for secrets. Needs a `DataSource`. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiToken, AuditEntry])],
  providers: [
    TokenStore,
    TokenAuthenticator,
    AuditLog,
    { provide: AccessControl, useClass: TokenAccess },
    {
      provide: SecretKeyring,
      inject: [Settings, { token: UNLOCKED_KEYRING, optional: true }],
      useFactory: (settings: Settings, unlocked?: SecretKeyring) => unlocked ?? keyringOf(settings),
    },
    SecretBox,
  ],
  exports: [TokenAuthenticator, AuditLog, AccessControl, SecretBox],
})
export class SecurityModule {}
