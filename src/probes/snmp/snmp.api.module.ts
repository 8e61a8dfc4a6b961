import { Module } from '@nestjs/common';

/** Values of SNMP items over HTTP. */
@Module({})
export class SnmpApiModule {}
