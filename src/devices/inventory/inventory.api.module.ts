import { Module } from '@nestjs/common';
import { SecurityModule } from '../../platform/security/security.module.js';
import { BulkController } from './bulk.controller.js';
import { BulkDevices } from './bulk.service.js';
import { DevicesController } from './devices.controller.js';
import { Devices } from './devices.service.js';
import { GroupsController } from './groups.controller.js';
import { Groups } from './groups.service.js';
import { InventoryMemory } from './inventory-memory.service.js';
import { InventoryModule } from './inventory.module.js';
import { ProfilesController } from './profiles.controller.js';
import { Profiles } from './profiles.service.js';
import { SitesController } from './sites.controller.js';
import { Sites } from './sites.service.js';

/** Devices, sites, groups and profiles over HTTP. Bulk first: its paths must not be taken for ids. */
@Module({
  imports: [InventoryModule, SecurityModule],
  controllers: [BulkController, DevicesController, SitesController, GroupsController, ProfilesController],
  providers: [Devices, BulkDevices, Sites, Groups, Profiles, InventoryMemory],
})
export class InventoryApiModule {}
