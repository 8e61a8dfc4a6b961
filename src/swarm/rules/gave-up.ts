import type { EngineTask } from '../engine/engine-facts.js';
import { compareTimes } from './docker-time.js';
import type { ServiceEvidence } from './service-evidence.js';
import { endedByItself, isJob, isOnLivingNode, slotKey } from './task-states.js';

/** Slots whose newest task ended by itself with nothing to follow it. */
export interface GaveUp {
  count: number;
  newest: EngineTask;
}

/**
 * Tasks that ended and were not replaced: Docker's restart policy does not ask for it (`--restart-condition`,
 * `--restart-max-attempts`), or the replacement is only just to be made. History that healed is not among them.
 */
export function findGivenUp({ service, tasks, counts, nodes }: ServiceEvidence): GaveUp | null {
  if (isJob(service.mode) || counts.running >= counts.desired) return null;
  const newestOfSlot = new Map<string, EngineTask>();
  for (const task of tasks) {
    if (service.mode === 'global' && !isOnLivingNode(task, nodes)) continue;
    const key = slotKey(task, service.mode);
    const known = newestOfSlot.get(key);
    if (!known || compareTimes(task.createdAt, known.createdAt) > 0) newestOfSlot.set(key, task);
  }
  let count = 0;
  let newest: EngineTask | null = null;
  for (const task of newestOfSlot.values()) {
    if (!endedByItself(task, service.mode)) continue;
    count++;
    newest = newest !== null && compareTimes(newest.since, task.since) > 0 ? newest : task;
  }
  return newest === null ? null : { count, newest };
}
