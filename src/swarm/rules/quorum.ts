import type { EngineNode } from '../engine/engine-facts.js';
import type { SwarmQuorum } from '../picture/swarm-picture.js';

/**
 * Raft: decisions need a majority of all managers, so one may fail of 3, two of 5, none of 1 or 2.
 * https://docs.docker.com/engine/swarm/raft/
 */
export function countQuorum(nodes: readonly EngineNode[]): SwarmQuorum {
  let managers = 0;
  let reachable = 0;
  for (const node of nodes) {
    if (node.role !== 'manager') continue;
    managers++;
    if (node.reachability === 'reachable') reachable++;
  }
  return { managers, reachable, toleratedFailures: Math.max(0, reachable - majorityOf(managers)) };
}

export function majorityOf(managers: number): number {
  return Math.floor(managers / 2) + 1;
}

/** Fewer reachable managers than a majority: nothing can be changed or rescheduled any more. */
export function isQuorumLost({ managers, reachable }: SwarmQuorum): boolean {
  return managers > 0 && reachable < majorityOf(managers);
}
