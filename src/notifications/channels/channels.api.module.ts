import { Module } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { SecurityModule } from '../../platform/security/security.module.js';
import { outboundPolicy } from '../outbound/outbound-guard.js';
import { ChannelsController } from './channels.controller.js';
import { ChannelsModule } from './channels.module.js';
import { Channels, OUTBOUND_POLICY } from './channels.service.js';
import { ChannelRows } from './channels.store.js';
import { TestDeliveries } from './test-deliveries.store.js';

/** Channels over HTTP. Sends nothing itself. */
@Module({
  imports: [SecurityModule, ChannelsModule],
  controllers: [ChannelsController],
  providers: [
    Channels,
    ChannelRows,
    TestDeliveries,
    {
      provide: OUTBOUND_POLICY,
      inject: [Settings],
      useFactory: (settings: Settings) => outboundPolicy(settings, process.env['NODE_ENV']),
    },
  ],
})
export class ChannelsApiModule {}
