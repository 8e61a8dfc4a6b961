import { Global, Module } from '@nestjs/common';
import { ChannelDirectory } from '../../alerts/channel-directory.port.js';
import { SecurityModule } from '../../platform/security/security.module.js';
import { CancelDeliveries } from './cancel-deliveries.store.js';
import { ChannelNames } from './channel-names.store.js';
import { ChannelVault } from './channel-vault.store.js';

/** Channels, for who uses or names them. Global: rules name them, and lie below. */
@Global()
@Module({
  imports: [SecurityModule],
  providers: [ChannelVault, CancelDeliveries, { provide: ChannelDirectory, useClass: ChannelNames }],
  exports: [ChannelVault, CancelDeliveries, ChannelDirectory],
})
export class ChannelsModule {}
