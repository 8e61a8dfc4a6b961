import { Module } from '@nestjs/common';
import { ScheduleModule } from '../../platform/schedule/schedule.module.js';
import { SnmpSchedule } from './snmp-schedule.service.js';
import { SnmpModule } from './snmp.module.js';

/** Says when SNMP items are due. */
@Module({ imports: [SnmpModule, ScheduleModule], providers: [SnmpSchedule] })
export class SnmpSchedulerModule {}
