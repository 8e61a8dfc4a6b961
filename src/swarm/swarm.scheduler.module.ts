import { Module } from '@nestjs/common';
import { ScheduleModule } from '../platform/schedule/schedule.module.js';
import { SwarmCron } from './refresh/swarm.cron.js';

/** Says when the swarm is due. */
@Module({ imports: [ScheduleModule], providers: [SwarmCron] })
export class SwarmSchedulerModule {}
