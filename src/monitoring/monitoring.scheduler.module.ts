import { Module } from '@nestjs/common';
import { ScheduleModule } from '../platform/schedule/schedule.module.js';
import { AuditPruneCron } from './audit-prune.cron.js';
import { CacheCleanupCron } from './cache-cleanup.cron.js';
import { MonitoringModule } from './monitoring.module.js';
import { SchedulerHeartbeat } from './scheduler-heartbeat.service.js';
import { WorkerHealthCron } from './worker-health.cron.js';

/** The watch over workers, and when upkeep is due. */
@Module({
  imports: [ScheduleModule, MonitoringModule],
  providers: [WorkerHealthCron, CacheCleanupCron, AuditPruneCron, SchedulerHeartbeat],
})
export class MonitoringSchedulerModule {}
