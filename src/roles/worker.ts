import type { QueueName } from '../platform/config/settings.schema.js';
import { QueueWorkerModule } from '../platform/queue/queue.worker.module.js';
import { MonitoringWorkerModule } from '../monitoring/monitoring.worker.module.js';
import { SwarmUpkeepModule } from '../swarm/swarm.upkeep.module.js';
import { SwarmWorkerModule } from '../swarm/swarm.worker.module.js';
import type { ImportedModule } from './root.module.js';

const FACES_OF_QUEUE: Record<QueueName, ImportedModule[]> = {
  swarm: [SwarmWorkerModule],
  maintenance: [MonitoringWorkerModule, SwarmUpkeepModule],
};

/** Takes jobs; only the faces of the queues it takes from are there, so only `swarm` workers touch Docker. */
export function workerFaces(queues: readonly QueueName[]): ImportedModule[] {
  return [QueueWorkerModule, ...queues.flatMap((queue) => FACES_OF_QUEUE[queue])];
}
