import { Module } from '@nestjs/common';
import { CycleSchedulerModule } from './cycle/cycle.scheduler.module.js';
import { HistorySchedulerModule } from './history/history.scheduler.module.js';
import { SnmpSchedulerModule } from './snmp/snmp.scheduler.module.js';

/** Says when devices are due, and the upkeep of their history. */
@Module({ imports: [CycleSchedulerModule, HistorySchedulerModule, SnmpSchedulerModule] })
export class ProbesSchedulerModule {}
