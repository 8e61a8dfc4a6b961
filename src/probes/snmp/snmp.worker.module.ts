import { Module } from '@nestjs/common';
import { ItemsModule } from '../../devices/items/items.module.js';
import { DriversModule } from '../drivers/drivers.module.js';
import { ItemReader } from './item-reader.service.js';
import { SnmpAgentModule } from './snmp-agent.module.js';
import { SnmpCommitStore } from './snmp-commit.store.js';
import { SnmpItemsStore } from './snmp-items.store.js';
import { SnmpPoller } from './snmp-poller.service.js';
import { SnmpProcessor } from './snmp.processor.js';

/** Polls SNMP items. */
@Module({
  imports: [ItemsModule, DriversModule, SnmpAgentModule],
  providers: [SnmpItemsStore, ItemReader, SnmpCommitStore, SnmpPoller, SnmpProcessor],
})
export class SnmpWorkerModule {}
