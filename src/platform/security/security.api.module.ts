import { Module } from '@nestjs/common';
import { AuditReader } from './audit-reader.service.js';
import { AuditController } from './audit.controller.js';
import { SecurityModule } from './security.module.js';
import { TokensController } from './tokens.controller.js';
import { Tokens } from './tokens.service.js';

/** Endpoints for tokens and the audit log. */
@Module({
  imports: [SecurityModule],
  controllers: [TokensController, AuditController],
  providers: [Tokens, AuditReader],
})
export class SecurityApiModule {}
