import { Module } from '@nestjs/common';
import { SecurityUpkeepModule } from '../platform/security/security.upkeep.module.js';
import { AuditPruneProcessor } from './audit-prune.processor.js';
import { CacheCleanupProcessor } from './cache-cleanup.processor.js';

/** Upkeep that runs as jobs. */
@Module({ imports: [SecurityUpkeepModule], providers: [CacheCleanupProcessor, AuditPruneProcessor] })
export class MonitoringWorkerModule {}
