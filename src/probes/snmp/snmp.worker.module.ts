import { Module } from '@nestjs/common';
import { ItemsModule } from '../../devices/items/items.module.js';
import { DriversModule } from '../drivers/drivers.module.js';
import { NetSnmpAgent } from './net-snmp.client.js';
import { SnmpAgent } from './snmp-agent.port.js';
import { SnmpItemsStore } from './snmp-items.store.js';
import { SnmpPoller } from './snmp-poller.service.js';
import { SnmpProcessor } from './snmp.processor.js';

/** Polls SNMP items: the only face that speaks SNMP. */
@Module({
  imports: [ItemsModule, DriversModule],
  providers: [{ provide: SnmpAgent, useClass: NetSnmpAgent }, SnmpItemsStore, SnmpPoller, SnmpProcessor],
})
export class SnmpWorkerModule {}
