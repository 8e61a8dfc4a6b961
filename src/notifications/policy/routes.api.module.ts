import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SecurityModule } from '../../platform/security/security.module.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { NotificationRoute } from './notification-route.entity.js';
import { ReferencedNames } from './referenced-names.store.js';
import { NotificationRoutesController } from './routes.controller.js';
import { NotificationRoutes } from './routes.service.js';

/** Notification routes over HTTP. */
@Module({
  imports: [TypeOrmModule.forFeature([NotificationRoute]), SecurityModule, ChannelsModule],
  controllers: [NotificationRoutesController],
  providers: [NotificationRoutes, ReferencedNames],
})
export class RoutesApiModule {}
