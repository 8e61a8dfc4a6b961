import { Module } from '@nestjs/common';
import { SnmpScheduleStore } from './snmp-schedule.store.js';

/** What others may ask about the schedules of items. */
@Module({ providers: [SnmpScheduleStore], exports: [SnmpScheduleStore] })
export class SnmpModule {}
