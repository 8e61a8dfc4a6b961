import { Module } from '@nestjs/common';
import { DriversModule } from '../drivers/drivers.module.js';
import { SnmpAgentModule } from '../snmp/snmp-agent.module.js';
import { DeviceCheckProcessor } from './device-check.processor.js';
import { DeviceToCheckStore } from './device-to-check.store.js';
import { DiscoveryProcessor } from './discovery.processor.js';
import { KnownDevices } from './known-devices.store.js';

/** Check-now and discovery as jobs. */
@Module({
  imports: [DriversModule, SnmpAgentModule],
  providers: [DeviceToCheckStore, KnownDevices, DeviceCheckProcessor, DiscoveryProcessor],
})
export class OnDemandWorkerModule {}
