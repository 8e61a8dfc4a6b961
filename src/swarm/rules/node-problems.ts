import type { EngineNode } from '../engine/engine-facts.js';
import type { SwarmProblem } from '../picture/swarm-picture.js';

/** What is wrong with one node. A drained node that is down was taken out of use on purpose: a warning. */
export function nodeProblems(node: EngineNode, downSince: string | null): SwarmProblem[] {
  const said = node.stateMessage ? `: ${node.stateMessage}` : '';
  const row = (severity: SwarmProblem['severity'], code: string, what: string): SwarmProblem => ({
    severity,
    kind: 'node',
    code,
    reason: `node ${node.hostname} ${what}`,
    since: downSince,
    exitCode: null,
    subject: { id: node.id, name: node.hostname },
  });
  if (node.state === 'down') {
    return [row(node.availability === 'drain' ? 'warning' : 'critical', 'node_down', `is down${said}`)];
  }
  const problems: SwarmProblem[] = [];
  if (node.state !== 'ready') problems.push(row('warning', 'node_not_ready', `is ${node.state}${said}`));
  if (node.role === 'manager' && node.reachability !== 'reachable') {
    problems.push(row('warning', 'manager_unreachable', `is a manager that the others cannot reach`));
  }
  return problems;
}
