import { Module } from '@nestjs/common';
import { ScheduleModule as NestScheduleModule } from '@nestjs/schedule';
import { Leadership, LeadershipTimes } from './leadership.service.js';
import { ScheduleKeeper } from './schedule-keeper.service.js';
import { SlotTicker } from './slot-ticker.service.js';

/** Cron providers work where this is imported: the role scheduler. */
@Module({
  imports: [NestScheduleModule.forRoot()],
  providers: [SlotTicker, ScheduleKeeper, LeadershipTimes, Leadership],
  exports: [SlotTicker, ScheduleKeeper, Leadership],
})
export class ScheduleModule {}
