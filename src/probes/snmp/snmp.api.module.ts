import { Module } from '@nestjs/common';
import { SnmpValuesController } from './snmp-values.controller.js';
import { SnmpValues } from './snmp-values.store.js';

/** Values of SNMP items over HTTP. */
@Module({ controllers: [SnmpValuesController], providers: [SnmpValues] })
export class SnmpApiModule {}
