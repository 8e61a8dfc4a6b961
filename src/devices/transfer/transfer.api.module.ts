import { Module } from '@nestjs/common';
import { SecurityModule } from '../../platform/security/security.module.js';
import { InventoryModule } from '../inventory/inventory.module.js';
import { DeviceExport } from './device-export.service.js';
import { DeviceImport } from './device-import.service.js';
import { ExportStore } from './export.store.js';
import { TransferController } from './transfer.controller.js';

/** Import and export of devices over HTTP. */
@Module({
  imports: [InventoryModule, SecurityModule],
  controllers: [TransferController],
  providers: [DeviceImport, DeviceExport, ExportStore],
})
export class TransferApiModule {}
