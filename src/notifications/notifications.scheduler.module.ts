import { Module } from '@nestjs/common';
import { DispatchSchedulerModule } from './dispatch/dispatch.scheduler.module.js';
import { HeartbeatSchedulerModule } from './heartbeat/heartbeat.scheduler.module.js';

/** The watchdog's second half: tells. */
@Module({ imports: [DispatchSchedulerModule, HeartbeatSchedulerModule] })
export class NotificationsSchedulerModule {}
