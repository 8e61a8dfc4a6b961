import type { SwarmPicture } from '../picture/swarm-picture.js';

/** A change worth a line in the log. */
export interface SwarmTransition {
  kind: 'swarm' | 'node' | 'service';
  /** For example `node worker3`, `service web`, `swarm`. */
  subject: string;
  from: string;
  to: string;
  /** When it was seen; ISO-8601. */
  at: string;
}

/**
 * What changed between two pictures: nodes that came, went or changed their state, and services whose health
 * changed. Services that came or went are no news: somebody deployed them. Nothing at the first picture.
 */
export function detectTransitions(before: SwarmPicture | null, after: SwarmPicture): SwarmTransition[] {
  if (before === null) return [];
  const at = after.collectedAt;
  if (before.swarmActive !== after.swarmActive) {
    const [from, to] = before.swarmActive ? ['active', 'not in swarm mode'] : ['not in swarm mode', 'active'];
    return [{ kind: 'swarm', subject: 'swarm', from, to, at }];
  }
  return [...nodeTransitions(before, after, at), ...serviceTransitions(before, after, at)];
}

function nodeTransitions(before: SwarmPicture, after: SwarmPicture, at: string): SwarmTransition[] {
  const transitions: SwarmTransition[] = [];
  const gone = new Map(before.nodes.map((node) => [node.id, node]));
  for (const { id, hostname, state } of after.nodes) {
    const from = gone.get(id)?.state ?? 'absent';
    gone.delete(id);
    if (from !== state) transitions.push({ kind: 'node', subject: `node ${hostname}`, from, to: state, at });
  }
  for (const { hostname, state } of gone.values()) {
    transitions.push({ kind: 'node', subject: `node ${hostname}`, from: state, to: 'absent', at });
  }
  return transitions;
}

function serviceTransitions(before: SwarmPicture, after: SwarmPicture, at: string): SwarmTransition[] {
  const healths = new Map(before.services.map(({ id, health }) => [id, health]));
  const transitions: SwarmTransition[] = [];
  for (const { id, name, health } of after.services) {
    const from = healths.get(id);
    if (from !== undefined && from !== health) {
      transitions.push({ kind: 'service', subject: `service ${name}`, from, to: health, at });
    }
  }
  return transitions;
}
