import { Module } from '@nestjs/common';
import { CacheCleanupProcessor } from './cache-cleanup.processor.js';

/** Upkeep that runs as jobs. */
@Module({ providers: [CacheCleanupProcessor] })
export class MonitoringWorkerModule {}
