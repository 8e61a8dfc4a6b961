import { Module } from '@nestjs/common';
import { SecurityModule } from '../platform/security/security.module.js';
import { SwarmCacheReporter } from './api/swarm-cache-reporter.service.js';
import { SwarmChangeTopic } from './api/swarm-stream.service.js';
import { SwarmStatusController } from './api/swarm-status.controller.js';
import { SwarmController } from './api/swarm.controller.js';
import { SwarmModule } from './swarm.module.js';

/** The swarm over HTTP. Reads the tiers, never Docker. */
@Module({
  imports: [SwarmModule, SecurityModule],
  controllers: [SwarmStatusController, SwarmController],
  providers: [SwarmCacheReporter, SwarmChangeTopic],
})
export class SwarmApiModule {}
