import type { EngineNode } from '../engine/engine-facts.js';
import { toMillis } from './docker-time.js';

/**
 * Since when each down node is down: kept from the refresh that saw it first. Docker stores no such time, but it touches
 * `UpdatedAt` at the transition, so at the first sight that is it (a node that was edited while down shows a later time,
 * never an earlier one). Nodes that came back or left are forgotten.
 * @returns node id → ISO-8601
 */
export function rememberDownSince(
  nodes: readonly EngineNode[],
  remembered: Readonly<Record<string, string>>,
  now: Date,
): Record<string, string> {
  const downSince: Record<string, string> = {};
  for (const node of nodes) {
    if (node.state === 'down') downSince[node.id] = remembered[node.id] ?? firstSight(node, now);
  }
  return downSince;
}

function firstSight(node: EngineNode, now: Date): string {
  const updated = toMillis(node.updatedAt);
  return updated === null || updated <= 0 || updated > now.getTime()
    ? now.toISOString()
    : new Date(updated).toISOString();
}
