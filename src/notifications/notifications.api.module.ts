import { Module } from '@nestjs/common';
import { ChannelsApiModule } from './channels/channels.api.module.js';
import { DeliveriesApiModule } from './deliveries/deliveries.api.module.js';
import { RoutesApiModule } from './policy/routes.api.module.js';

/** Channels, routes and the delivery log over HTTP. */
@Module({ imports: [ChannelsApiModule, RoutesApiModule, DeliveriesApiModule] })
export class NotificationsApiModule {}
