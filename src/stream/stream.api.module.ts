import { Module } from '@nestjs/common';
import { SecurityModule } from '../platform/security/security.module.js';
import { StreamClients } from './stream-clients.service.js';
import { StreamHub } from './stream-hub.service.js';
import { StreamLimits } from './stream-limits.js';
import { StreamController } from './stream.controller.js';

/** Server-sent events over HTTP. What is told is registered by the features: see `StreamTopics`. */
@Module({
  imports: [SecurityModule],
  controllers: [StreamController],
  providers: [StreamLimits, StreamClients, StreamHub],
})
export class StreamApiModule {}
