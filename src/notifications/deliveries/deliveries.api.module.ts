import { Module } from '@nestjs/common';
import { SecurityModule } from '../../platform/security/security.module.js';
import { Deliveries } from './deliveries.service.js';
import { DeliveriesController } from './deliveries.controller.js';

/** The delivery log over HTTP. */
@Module({ imports: [SecurityModule], controllers: [DeliveriesController], providers: [Deliveries] })
export class DeliveriesApiModule {}
