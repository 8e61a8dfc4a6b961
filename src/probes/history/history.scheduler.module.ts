import { Module } from '@nestjs/common';
import { ScheduleModule } from '../../platform/schedule/schedule.module.js';
import { HistoryCron } from './history.cron.js';

/** Says when history needs upkeep. */
@Module({ imports: [ScheduleModule], providers: [HistoryCron] })
export class HistorySchedulerModule {}
