import type { EngineService, EngineTask } from '../engine/engine-facts.js';
import type { SwarmTask } from '../picture/swarm-picture.js';
import { waitingReason } from './count-tasks.js';
import { compareTimes } from './docker-time.js';
import { exitCodeOf } from './failures.js';
import { isOnLivingNode, type NodesById, slotNumber } from './task-states.js';

const FAILED = new Set(['failed', 'rejected', 'orphaned']);

/** One task as the picture shows it. Strings are shared with service and node, so 100,000 of them stay small. */
export function viewTask(task: EngineTask, service: EngineService | null, nodes: NodesById, now: Date): SwarmTask {
  return {
    id: task.id,
    serviceId: task.serviceId,
    serviceName: service?.name ?? null,
    slot: service ? slotNumber(task, service.mode) : task.slot,
    nodeId: task.nodeId,
    hostname: task.nodeId === null ? null : (nodes.get(task.nodeId)?.hostname ?? null),
    state: task.state,
    desiredState: task.desiredState,
    message: task.message,
    error: task.error,
    exitCode: exitCodeOf(task),
    since: task.since,
    stack: service?.stack ?? null,
    problem: isProblem(task, nodes, now),
  };
}

/** By slot, newest first; of global services newest first. */
export function compareTasks(a: EngineTask, b: EngineTask): number {
  return (a.slot ?? 0) - (b.slot ?? 0) || compareTimes(b.createdAt, a.createdAt);
}

/** Failed, rejected, orphaned, waiting with a reason, or still called running on a node that is down. */
function isProblem(task: EngineTask, nodes: NodesById, now: Date): boolean {
  if (FAILED.has(task.state)) return true;
  if (task.state === 'running') return task.nodeId !== null && !isOnLivingNode(task, nodes);
  return waitingReason(task, now) !== null;
}
