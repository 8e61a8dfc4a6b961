import type { EngineNode } from '../engine/engine-facts.js';
import type { SwarmNode } from '../picture/swarm-picture.js';
import { compareText } from './ordering.js';
import type { NodeLoad } from './reserve-resources.js';

/** Size of the task that `availableCapacity` counts in; megabytes of 10^6 bytes. */
export interface TaskSize {
  cpus: number;
  memoryMegabytes: number;
}

/** One node as the picture shows it; `memoryGb` in GiB, as Docker's own tools count memory. */
export function viewNode(node: EngineNode, load: NodeLoad, downSince: string | null, taskSize: TaskSize): SwarmNode {
  const { reservedNanoCpus, reservedMemoryBytes } = load;
  const availableCpuNanos = Math.max(0, node.nanoCpus - reservedNanoCpus);
  const availableMemoryBytes = Math.max(0, node.memoryBytes - reservedMemoryBytes);
  const takesTasks = node.state === 'ready' && node.availability === 'active';
  return {
    id: node.id,
    hostname: node.hostname,
    role: node.role,
    isManager: node.role === 'manager',
    isLeader: node.isLeader,
    availability: node.availability,
    state: node.state,
    reachability: node.reachability,
    downSince,
    address: node.address,
    engineVersion: node.engineVersion,
    cpuCount: round(node.nanoCpus / 1e9),
    memoryGb: round(node.memoryBytes / 2 ** 30),
    runningTasks: load.runningTasks,
    unreservedTasks: load.unreservedTasks,
    availableCapacity: takesTasks ? howManyFit(availableCpuNanos, availableMemoryBytes, taskSize) : 0,
    resourceUsage: {
      usedCpuNanos: reservedNanoCpus,
      usedMemoryBytes: reservedMemoryBytes,
      availableCpuNanos,
      availableMemoryBytes,
      usedCpuPercent: percent(reservedNanoCpus, node.nanoCpus),
      usedMemoryPercent: percent(reservedMemoryBytes, node.memoryBytes),
      reservedCpuNanos: reservedNanoCpus,
      reservedMemoryBytes,
    },
    labels: node.labels,
    createdAt: node.createdAt,
    updatedAt: node.updatedAt,
  };
}

/** Managers first, then by hostname, then by id: two nodes may share a hostname. */
export function compareNodes(a: SwarmNode, b: SwarmNode): number {
  return Number(b.isManager) - Number(a.isManager) || compareText(a.hostname, b.hostname) || compareText(a.id, b.id);
}

function howManyFit(nanoCpus: number, memoryBytes: number, { cpus, memoryMegabytes }: TaskSize): number {
  const byCpu = nanoCpus / Math.round(cpus * 1e9);
  const byMemory = memoryBytes / Math.round(memoryMegabytes * 1e6);
  const fit = Math.floor(Math.min(byCpu, byMemory));
  return Number.isFinite(fit) ? fit : 0;
}

/** 0…100; what has no capacity has nothing in use. */
function percent(part: number, whole: number): number {
  return whole > 0 ? round(Math.min(100, (part / whole) * 100)) : 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
