import type { EngineNode, EngineTask, ServiceMode } from '../engine/engine-facts.js';

/*
 * A task moves only forward: new → pending → assigned → accepted → preparing → ready → starting → running, then it ends as
 * complete, shutdown, failed, rejected, remove or orphaned. What it should become is its desired state: ready (its
 * predecessor's restart delay runs), running, complete (jobs, seen: a job's running task never has `running` there),
 * shutdown or remove. Source: https://docs.docker.com/engine/swarm/how-swarm-mode-works/swarm-task-states/
 */
const HOLDS_RESOURCES = new Set([
  'pending',
  'allocated',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
]);
const UNPLACED = new Set(['new', 'allocated', 'pending']);
const WANTED = new Set(['ready', 'running', 'complete']);

export type NodesById = ReadonlyMap<string, EngineNode>;

/** Pending to running: what Docker's scheduler subtracts from a node, whatever the desired state. */
export function holdsResources(task: EngineTask): boolean {
  return HOLDS_RESOURCES.has(task.state);
}

/** Not ended and meant to run (on). */
export function mayStillRun(task: EngineTask): boolean {
  return WANTED.has(task.desiredState) && (HOLDS_RESOURCES.has(task.state) || task.state === 'new');
}

/** Not yet given to a node by the scheduler; a global task knows its node before. */
export function isUnplaced(task: EngineTask): boolean {
  return UNPLACED.has(task.state);
}

/**
 * Running, wanted to run, and on a node that exists and is not down. `down` alone discounts a node's tasks: it means that
 * heartbeats stopped and that Docker replaces the tasks elsewhere. `disconnected` and `unknown` pass within seconds (every
 * node is `unknown` for a moment after a change of leader) while the containers run on, so they do not.
 */
export function countsAsRunning(task: EngineTask, nodes: NodesById): boolean {
  return (
    task.state === 'running' &&
    (task.desiredState === 'running' || task.desiredState === 'complete') &&
    isOnLivingNode(task, nodes)
  );
}

/** True when the task has a node, and that exists and is not down. */
export function isOnLivingNode(task: EngineTask, nodes: NodesById): boolean {
  const node = task.nodeId === null ? undefined : nodes.get(task.nodeId);
  return node !== undefined && node.state !== 'down';
}

export function isJob(mode: ServiceMode): boolean {
  return mode === 'replicated-job' || mode === 'global-job';
}

export function isGlobal(mode: ServiceMode): boolean {
  return mode === 'global' || mode === 'global-job';
}

/**
 * The task ended though nobody asked for it. Not one that an update, a drain or scaling down ended: that is `shutdown`
 * whatever its exit code. Not `orphaned`: its node was deleted, which says nothing of the service. A process that exits
 * with 0 is `complete`; only a job may do that.
 */
export function endedByItself(task: EngineTask, mode: ServiceMode): boolean {
  if (task.state === 'failed' || task.state === 'rejected') return true;
  return task.state === 'complete' && !isJob(mode) && task.desiredState !== 'remove';
}

/**
 * What failures are counted by: the slot, or the node for global services. Docker leaves out zeros, so the slot of a
 * replicated job's first task, which is 0, arrives as none.
 */
export function slotKey(task: EngineTask, mode: ServiceMode): string {
  return isGlobal(mode) ? `node:${task.nodeId ?? ''}` : `slot:${task.slot ?? 0}`;
}

/** The slot as people see it: null for global services. */
export function slotNumber(task: EngineTask, mode: ServiceMode): number | null {
  return mode === 'replicated-job' ? (task.slot ?? 0) : task.slot;
}
