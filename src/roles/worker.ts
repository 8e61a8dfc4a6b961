import type { QueueName } from '../platform/config/settings.schema.js';
import { QueueWorkerModule } from '../platform/queue/queue.worker.module.js';
import type { ImportedModule } from './root.module.js';

/** Loaded on demand: a worker without the queue `swarm` does not even load the Docker client. */
const FACES_OF_QUEUE: Record<QueueName, () => Promise<ImportedModule[]>> = {
  swarm: async () => [(await import('../swarm/swarm.worker.module.js')).SwarmWorkerModule],
  ping: async () => [(await import('../probes/cycle/ping.worker.module.js')).PingWorkerModule],
  checks: async () => [(await import('../probes/cycle/checks.worker.module.js')).ChecksWorkerModule],
  'on-demand': async () => [(await import('../probes/on-demand/on-demand.worker.module.js')).OnDemandWorkerModule],
  snmp: async () => [(await import('../probes/snmp/snmp.worker.module.js')).SnmpWorkerModule],
  maintenance: async () => [
    (await import('../probes/history/history.upkeep.module.js')).HistoryUpkeepModule,
    (await import('../monitoring/monitoring.worker.module.js')).MonitoringWorkerModule,
    (await import('../alerts/ledger/ledger.upkeep.module.js')).LedgerUpkeepModule,
    (await import('../swarm/swarm.upkeep.module.js')).SwarmUpkeepModule,
  ],
};

/** Takes jobs; only the faces of the queues it takes from are there, so only `swarm` workers touch Docker. */
export async function workerFaces(queues: readonly QueueName[]): Promise<ImportedModule[]> {
  const faces = await Promise.all(queues.map((queue) => FACES_OF_QUEUE[queue]()));
  return [QueueWorkerModule, ...faces.flat()];
}
