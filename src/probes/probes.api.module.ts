import { Module } from '@nestjs/common';
import { CycleApiModule } from './cycle/cycle.api.module.js';
import { OnDemandApiModule } from './on-demand/on-demand.api.module.js';
import { ReportsApiModule } from './reports/reports.api.module.js';
import { SnmpApiModule } from './snmp/snmp.api.module.js';

/** What probes found out, over HTTP. Reads the database, never the network. */
@Module({ imports: [ReportsApiModule, OnDemandApiModule, SnmpApiModule, CycleApiModule] })
export class ProbesApiModule {}
