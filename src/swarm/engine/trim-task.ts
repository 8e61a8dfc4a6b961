import type { EngineTask } from './engine-facts.js';
import { isRecord, jobIteration, number, numberOrNull, oneLine, type Raw, record, text, time } from './raw-fields.js';
import type { StringPool } from './string-pool.js';

/** States in which a container has ended; before that Docker reports an `ExitCode` of 0 that means nothing. */
const ENDED = new Set(['complete', 'failed', 'shutdown', 'rejected', 'remove', 'orphaned']);

/**
 * Keeps the allowed fields of one element of `GET /tasks`; its spec holds environment values and is dropped.
 * Null when it is not an object with an `ID`.
 * @param pool shares the strings that repeat between tasks
 */
export function trimTask(raw: unknown, pool: StringPool): EngineTask | null {
  if (!isRecord(raw)) return null;
  const id = text(raw['ID']);
  if (id === null) return null;
  const status = record(raw['Status']);
  const state = shared(status['State'], pool) ?? 'unknown';
  const reservations = record(record(record(raw['Spec'])['Resources'])['Reservations']);
  return {
    id,
    serviceId: shared(raw['ServiceID'], pool) ?? '',
    slot: numberOrNull(raw['Slot']) || null,
    nodeId: shared(raw['NodeID'], pool),
    state,
    desiredState: shared(raw['DesiredState'], pool) ?? 'unknown',
    message: line(status['Message'], pool),
    error: line(status['Err'], pool),
    exitCode: ENDED.has(state) ? exitCode(record(status['ContainerStatus'])) : null,
    since: time(status['Timestamp']),
    createdAt: time(raw['CreatedAt']),
    reservedNanoCpus: number(reservations['NanoCPUs']),
    reservedMemoryBytes: number(reservations['MemoryBytes']),
    jobIteration: jobIteration(raw['JobIteration']),
  };
}

/** A task that never had a container has an `ExitCode` of 0 as well. */
function exitCode(container: Raw): number | null {
  return text(container['ContainerID']) === null ? null : numberOrNull(container['ExitCode']);
}

function shared(value: unknown, pool: StringPool): string | null {
  const known = text(value);
  return known === null ? null : pool.share(known);
}

function line(value: unknown, pool: StringPool): string | null {
  const known = text(value);
  return known === null ? null : pool.share(oneLine(known, 500));
}
