import { Module } from '@nestjs/common';
import { ScheduleModule } from '../../platform/schedule/schedule.module.js';
import { CycleModule } from './cycle.module.js';
import { ProbeSchedule } from './probe-schedule.service.js';

/** Says when which shard is due. */
@Module({ imports: [CycleModule, ScheduleModule], providers: [ProbeSchedule] })
export class CycleSchedulerModule {}
