import type { SnmpErrorCode } from './snmp-agent.port.js';
import type { ItemResult } from './item-result.js';

/** Of the agents of a turn. */
export interface AgentCounts {
  targets: number;
  /** They said something, be it that they do not know an OID. */
  answered: number;
  failed: number;
  /** There was no time to ask. */
  unknown: number;
}

/** Errors of single values, by an agent that is there. */
const OF_VALUES: readonly string[] = [
  'no_such_object',
  'no_such_instance',
  'not_a_number',
] satisfies readonly SnmpErrorCode[];

/** @param agents the results of each agent's items */
export function countAgents(agents: readonly (readonly ItemResult[])[]): AgentCounts {
  const counts = { targets: agents.length, answered: 0, failed: 0, unknown: 0 };
  for (const results of agents) counts[outcomeOf(results)]++;
  return counts;
}

function outcomeOf(results: readonly ItemResult[]): 'answered' | 'failed' | 'unknown' {
  if (results.some(({ error }) => error === null || OF_VALUES.includes(error))) return 'answered';
  return results.every(({ error }) => error === 'not_polled') ? 'unknown' : 'failed';
}
