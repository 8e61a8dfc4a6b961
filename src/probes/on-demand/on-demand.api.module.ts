import { Module } from '@nestjs/common';
import { Devices } from '../../devices/inventory/devices.service.js';
import { InventoryModule } from '../../devices/inventory/inventory.module.js';
import { SecurityModule } from '../../platform/security/security.module.js';
import { CheckNowController } from './check-now.controller.js';
import { CredentialNames } from './credential-names.store.js';
import { DeviceToCheckStore } from './device-to-check.store.js';
import { DiscoveryAcceptance } from './discovery-acceptance.service.js';
import { DiscoveryRequests } from './discovery-requests.service.js';
import { DiscoveryController } from './discovery.controller.js';
import { KnownDevices } from './known-devices.store.js';

/** Check-now and discovery over HTTP: they enqueue. */
@Module({
  imports: [InventoryModule, SecurityModule],
  controllers: [CheckNowController, DiscoveryController],
  providers: [DeviceToCheckStore, KnownDevices, CredentialNames, DiscoveryRequests, DiscoveryAcceptance, Devices],
})
export class OnDemandApiModule {}
