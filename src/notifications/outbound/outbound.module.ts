import { Module, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { OutboundClient } from './outbound.client.js';
import { outboundPolicy } from './outbound-guard.js';

/** The way out, for who sends notifications. */
@Module({
  providers: [
    {
      provide: OutboundClient,
      inject: [Settings],
      useFactory: (settings: Settings) => new OutboundClient(outboundPolicy(settings, process.env['NODE_ENV'])),
    },
  ],
  exports: [OutboundClient],
})
export class OutboundModule implements OnModuleDestroy {
  constructor(private readonly outbound: OutboundClient) {}

  onModuleDestroy(): void {
    this.outbound.close();
  }
}
