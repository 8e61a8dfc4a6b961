import { Module } from '@nestjs/common';
import { ItemsModule } from '../../devices/items/items.module.js';
import { SnmpNames } from '../on-demand/snmp-names.port.js';
import { AgentNames } from './agent-names.service.js';
import { NetSnmpAgent } from './net-snmp.client.js';
import { SnmpAgent } from './snmp-agent.port.js';

/** Speaks SNMP: only for workers. */
@Module({
  imports: [ItemsModule],
  providers: [
    { provide: SnmpAgent, useClass: NetSnmpAgent },
    { provide: SnmpNames, useClass: AgentNames },
  ],
  exports: [SnmpAgent, SnmpNames],
})
export class SnmpAgentModule {}
