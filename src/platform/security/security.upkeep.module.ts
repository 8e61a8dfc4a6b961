import { Module } from '@nestjs/common';
import { AuditRetention } from './audit-retention.store.js';

/** What a worker needs to keep the tables of this room small. Needs a `DataSource`. */
@Module({ providers: [AuditRetention], exports: [AuditRetention] })
export class SecurityUpkeepModule {}
