import { Module } from '@nestjs/common';

/** Says when SNMP items are due. */
@Module({})
export class SnmpSchedulerModule {}
