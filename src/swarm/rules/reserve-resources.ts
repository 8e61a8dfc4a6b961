import type { EngineTask } from '../engine/engine-facts.js';
import { countsAsRunning, holdsResources, type NodesById } from './task-states.js';

/** What the tasks of one node take. */
export interface NodeLoad {
  runningTasks: number;
  /** Live tasks that reserve neither CPU nor memory: the scheduler cannot count them, and neither do we invent a size. */
  unreservedTasks: number;
  reservedNanoCpus: number;
  reservedMemoryBytes: number;
}

export const NO_LOAD: Readonly<NodeLoad> = Object.freeze({
  runningTasks: 0,
  unreservedTasks: 0,
  reservedNanoCpus: 0,
  reservedMemoryBytes: 0,
});

/**
 * Sums by node id what is reserved, as Docker's scheduler does: every assigned task from pending to running, whatever its
 * desired state, since a task that is shutting down still holds what it reserved.
 */
export function reserveResources(tasks: readonly EngineTask[], nodes: NodesById): Map<string, NodeLoad> {
  const loads = new Map<string, NodeLoad>();
  for (const task of tasks) {
    if (task.nodeId === null || !holdsResources(task)) continue;
    let load = loads.get(task.nodeId);
    if (!load) loads.set(task.nodeId, (load = { ...NO_LOAD }));
    load.reservedNanoCpus += task.reservedNanoCpus;
    load.reservedMemoryBytes += task.reservedMemoryBytes;
    if (task.reservedNanoCpus === 0 && task.reservedMemoryBytes === 0) load.unreservedTasks++;
    if (countsAsRunning(task, nodes)) load.runningTasks++;
  }
  return loads;
}
