import type { EngineNode } from './engine-facts.js';
import { isRecord, number, oneLine, oneOf, type Raw, record, storable, text, time } from './raw-fields.js';

const ROLES = ['manager', 'worker'] as const;
const AVAILABILITIES = ['active', 'pause', 'drain'] as const;
const STATES = ['ready', 'down', 'disconnected'] as const;

/** Keeps the allowed fields of one element of `GET /nodes`. Null when it is not an object with an `ID`. */
export function trimNode(raw: unknown): EngineNode | null {
  if (!isRecord(raw)) return null;
  const id = text(raw['ID']);
  if (id === null) return null;
  const spec = record(raw['Spec']);
  const status = record(raw['Status']);
  const manager = record(raw['ManagerStatus']);
  const description = record(raw['Description']);
  const resources = record(description['Resources']);
  const message = text(status['Message']);
  return {
    id,
    hostname: text(description['Hostname']) ?? id,
    role: oneOf(ROLES, spec['Role'], 'worker'),
    availability: oneOf(AVAILABILITIES, spec['Availability'], 'active'),
    state: oneOf(STATES, status['State'], 'unknown'),
    stateMessage: message === null ? null : oneLine(message, 500),
    address: address(status, manager),
    isLeader: manager['Leader'] === true,
    reachability: text(manager['Reachability']),
    engineVersion: text(record(description['Engine'])['EngineVersion']),
    nanoCpus: number(resources['NanoCPUs']),
    memoryBytes: number(resources['MemoryBytes']),
    labels: labels(spec['Labels']),
    createdAt: time(raw['CreatedAt']),
    updatedAt: time(raw['UpdatedAt']),
  };
}

/** A leader can report `0.0.0.0` as its own address; its manager address tells the real one. */
function address(status: Raw, manager: Raw): string | null {
  const own = text(status['Addr']);
  if (own !== null && own !== '0.0.0.0' && own !== '::') return own;
  return text(manager['Addr'])?.replace(/:\d+$/, '') ?? own;
}

function labels(raw: unknown): Record<string, string> {
  const entries = Object.entries(record(raw)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries.map(([key, value]) => [storable(key), storable(value)]));
}
