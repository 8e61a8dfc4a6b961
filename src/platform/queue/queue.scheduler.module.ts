import { Module } from '@nestjs/common';
import { QueueMaintenanceCron } from './queue-maintenance.cron.js';

/** The queue's own timers. Needs {@link QueueModule} and `ScheduleModule.forRoot()`. */
@Module({ providers: [QueueMaintenanceCron] })
export class QueueSchedulerModule {}
