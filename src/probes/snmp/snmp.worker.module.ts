import { Module } from '@nestjs/common';

/** Polls SNMP items. */
@Module({})
export class SnmpWorkerModule {}
