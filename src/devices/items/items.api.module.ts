import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SecurityModule } from '../../platform/security/security.module.js';
import { InventoryModule } from '../inventory/inventory.module.js';
import { CredentialsController } from './credentials.controller.js';
import { Credentials } from './credentials.service.js';
import { ItemsController } from './items.controller.js';
import { ItemsModule } from './items.module.js';
import { Items } from './items.service.js';
import { Template } from './template.entity.js';
import { TemplatesController } from './templates.controller.js';
import { Templates } from './templates.service.js';
import { TemplateItems } from './templates.store.js';

/** SNMP credentials, items and templates over HTTP. */
@Module({
  imports: [TypeOrmModule.forFeature([Template]), SecurityModule, InventoryModule, ItemsModule],
  controllers: [CredentialsController, ItemsController, TemplatesController],
  providers: [Credentials, Items, Templates, TemplateItems],
})
export class ItemsApiModule {}
