import { Module } from '@nestjs/common';
import { CalendarApiModule } from './calendar/calendar.api.module.js';
import { InventoryApiModule } from './inventory/inventory.api.module.js';
import { ItemsApiModule } from './items/items.api.module.js';
import { TransferApiModule } from './transfer/transfer.api.module.js';

/** The inventory over HTTP. Import and export first: their paths must not be taken for ids. */
@Module({ imports: [TransferApiModule, InventoryApiModule, ItemsApiModule, CalendarApiModule] })
export class DevicesApiModule {}
