import type { EngineInfo } from './engine-facts.js';
import { isRecord, oneLine, oneOf, record, text } from './raw-fields.js';

const STATES = ['inactive', 'pending', 'active', 'error', 'locked'] as const;

/** Keeps of `GET /info` what tells whether the engine is in a swarm. Null when it is not an object. */
export function trimInfo(raw: unknown): EngineInfo | null {
  if (!isRecord(raw)) return null;
  const swarm = record(raw['Swarm']);
  const error = text(swarm['Error']);
  return {
    name: text(raw['Name']),
    engineVersion: text(raw['ServerVersion']),
    nodeId: text(swarm['NodeID']),
    localNodeState: oneOf(STATES, swarm['LocalNodeState'], 'unknown'),
    controlAvailable: swarm['ControlAvailable'] === true,
    error: error === null ? null : oneLine(error, 500),
  };
}
