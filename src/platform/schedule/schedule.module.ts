import { Module } from '@nestjs/common';
import { ScheduleModule as NestScheduleModule } from '@nestjs/schedule';
import { SlotTicker } from './slot-ticker.service.js';

/** Cron providers work where this is imported: the role scheduler. */
@Module({ imports: [NestScheduleModule.forRoot()], providers: [SlotTicker], exports: [SlotTicker] })
export class ScheduleModule {}
