import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessControl } from '../http/access-control.port.js';
import { ApiToken } from './api-token.entity.js';
import { AuditEntry } from './audit-entry.entity.js';
import { AuditLog } from './audit-log.service.js';
import { TokenAccess } from './token-access.service.js';
import { TokenAuthenticator } from './token-authenticator.service.js';
import { TokenStore } from './token.store.js';

/** Who may do what: tokens, roles, limits, and the record of every write. Needs a `DataSource`. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiToken, AuditEntry])],
  providers: [TokenStore, TokenAuthenticator, AuditLog, { provide: AccessControl, useClass: TokenAccess }],
  exports: [TokenAuthenticator, AuditLog, AccessControl],
})
export class SecurityModule {}
