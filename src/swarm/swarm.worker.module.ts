import { Module } from '@nestjs/common';
import { DockerodeSwarmClient } from './engine/dockerode-swarm.client.js';
import { SwarmClient } from './engine/swarm-client.port.js';
import { RefreshLog } from './refresh/refresh-log.service.js';
import { SwarmRefresher } from './refresh/swarm-refresher.service.js';
import { SwarmWatch } from './refresh/swarm-watch.service.js';
import { SwarmProcessor } from './refresh/swarm.processor.js';
import { SwarmModule } from './swarm.module.js';

/** Collects the swarm: the only face that reaches the Docker Engine. */
@Module({
  imports: [SwarmModule],
  providers: [
    { provide: SwarmClient, useClass: DockerodeSwarmClient },
    SwarmRefresher,
    RefreshLog,
    SwarmWatch,
    SwarmProcessor,
  ],
})
export class SwarmWorkerModule {}
