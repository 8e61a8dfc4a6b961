import type { EngineService, EngineTask } from '../engine/engine-facts.js';
import { meetsKnownConstraints } from './constraints.js';
import { compareTimes } from './docker-time.js';
import { endedByItself, isGlobal, isOnLivingNode, mayStillRun, type NodesById } from './task-states.js';

/**
 * How many tasks a service should have running; for jobs, how many completions it is to reach.
 *
 * - replicated: its replicas; replicated job: its total completions (Docker's `DesiredTasks` is the concurrency there).
 * - global: the nodes that are not down and that want a task, see {@link nodesThatWant}. Docker's `DesiredTasks` counts the
 *   tasks whose desired state is `running` this instant: a crash loop shows 0 while it waits for its restart delay, and one
 *   that Docker gave up on shows 0 for ever. A dead node's task is not wanted: Docker does not replace it, by design.
 * - global job: the nodes that completed, and the living ones that did not yet.
 *
 * @param tasks of the service; of a job, those of its current iteration
 */
export function countWanted(service: EngineService, tasks: readonly EngineTask[], nodes: NodesById): number {
  if (!isGlobal(service.mode)) return Math.max(0, service.replicas ?? service.docker?.desiredTasks ?? 0);
  const wanting = nodesThatWant(service, tasks, nodes);
  if (service.mode === 'global') return wanting.size;
  let completed = 0;
  for (const task of tasks) {
    if (task.state !== 'complete') continue;
    completed++;
    wanting.delete(task.nodeId ?? '');
  }
  return completed + wanting.size;
}

/**
 * Nodes that want a task of a global service: living ones with a task that may still run, and those whose newest task ended
 * by itself and was not replaced, as long as they may take tasks (ready, active) and no constraint is known to exclude them.
 */
function nodesThatWant(service: EngineService, tasks: readonly EngineTask[], nodes: NodesById): Set<string> {
  const wanting = new Set<string>();
  const newest = new Map<string, EngineTask>();
  for (const task of tasks) {
    if (task.nodeId === null || !isOnLivingNode(task, nodes)) continue;
    if (mayStillRun(task)) wanting.add(task.nodeId);
    const known = newest.get(task.nodeId);
    if (!known || compareTimes(task.createdAt, known.createdAt) > 0) newest.set(task.nodeId, task);
  }
  for (const [nodeId, task] of newest) {
    if (wanting.has(nodeId) || !endedByItself(task, service.mode)) continue;
    const node = nodes.get(nodeId);
    if (node?.state !== 'ready' || node.availability !== 'active') continue;
    if (meetsKnownConstraints(node, service.constraints)) wanting.add(nodeId);
  }
  return wanting;
}
