import { Module } from '@nestjs/common';
import { ScheduleModule } from '../../platform/schedule/schedule.module.js';
import { AlertsPruneCron } from './alerts-prune.cron.js';

/** Says when the upkeep of alerts is due. */
@Module({ imports: [ScheduleModule], providers: [AlertsPruneCron] })
export class LedgerSchedulerModule {}
