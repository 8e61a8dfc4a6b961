import type { EngineNode } from '../engine/engine-facts.js';
import type { SwarmQuorum, SwarmWarning } from '../picture/swarm-picture.js';
import { compareText } from './ordering.js';
import { isQuorumLost, majorityOf } from './quorum.js';

/** Nodes named one by one in warnings; `/nodes` and `/problems` tell of all. */
const MAX_NODES = 20;

/**
 * What the status page warns of beside its numbers. A swarm of one node is somebody's laptop: it is told nothing about
 * managers. `info_unavailable` is added by the caller, who knows how the collection went.
 *
 * | code                | when                                                                          |
 * | ------------------- | ----------------------------------------------------------------------------- |
 * | quorum_lost         | fewer managers are reachable than a majority                                  |
 * | node_down           | a node is down; one warning a node                                            |
 * | quorum_at_risk      | three managers or more, and none may fail any more                            |
 * | single_manager      | more than one node, one manager: when it fails nothing can be rescheduled     |
 * | even_managers       | an even number of managers tolerates no more failures than one manager less   |
 * | engine_version_skew | the engines run different versions                                            |
 */
export function warn(nodes: readonly EngineNode[], quorum: SwarmQuorum): SwarmWarning[] {
  return [...quorumWarnings(nodes.length, quorum), ...downWarnings(nodes), ...skewWarnings(nodes)];
}

function quorumWarnings(nodes: number, quorum: SwarmQuorum): SwarmWarning[] {
  const { managers, reachable, toleratedFailures } = quorum;
  const subject = { managers, reachable };
  if (isQuorumLost(quorum)) {
    const needed = majorityOf(managers);
    const detail = `Only ${reachable} of ${managers} managers are reachable, ${needed} are needed: the swarm cannot be changed.`;
    return [{ code: 'quorum_lost', detail, subject }];
  }
  const warnings: SwarmWarning[] = [];
  if (managers >= 3 && toleratedFailures === 0) {
    const detail = `${reachable} of ${managers} managers are reachable: one more failure and the swarm cannot be changed.`;
    warnings.push({ code: 'quorum_at_risk', detail, subject });
  }
  if (managers === 1 && nodes > 1) {
    const detail =
      'The swarm has a single manager: when it fails, nothing is rescheduled. Three managers tolerate one failure.';
    warnings.push({ code: 'single_manager', detail, subject });
  }
  if (managers > 0 && managers % 2 === 0) {
    const detail = `${managers} managers tolerate no more failures than ${managers - 1}: use an odd number.`;
    warnings.push({ code: 'even_managers', detail, subject });
  }
  return warnings;
}

function downWarnings(nodes: readonly EngineNode[]): SwarmWarning[] {
  const down = nodes.filter((node) => node.state === 'down').sort((a, b) => compareText(a.hostname, b.hostname));
  const warnings = down.slice(0, MAX_NODES).map(({ id, hostname, stateMessage }): SwarmWarning => {
    const detail = `Node ${hostname} is down${stateMessage ? ` (${stateMessage})` : ''}: its tasks are not counted as running.`;
    return { code: 'node_down', detail, subject: { node_id: id, hostname } };
  });
  const more = down.length - warnings.length;
  if (more > 0) {
    warnings.push({
      code: 'node_down',
      detail: `${more} more nodes are down.`,
      subject: { node_id: null, hostname: null },
    });
  }
  return warnings;
}

function skewWarnings(nodes: readonly EngineNode[]): SwarmWarning[] {
  const versions = new Map<string, number>();
  for (const { engineVersion } of nodes) {
    if (engineVersion !== null) versions.set(engineVersion, (versions.get(engineVersion) ?? 0) + 1);
  }
  if (versions.size < 2) return [];
  const sorted = [...versions].sort(([a, m], [b, n]) => n - m || compareText(a, b)).slice(0, MAX_NODES);
  const list = sorted.map(([version, count]) => `${version} on ${count}`).join(', ');
  const detail = `The nodes run ${versions.size} versions of Docker Engine: ${list}.`;
  return [{ code: 'engine_version_skew', detail, subject: Object.fromEntries(sorted) }];
}
