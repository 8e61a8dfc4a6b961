import type { EngineService, EngineTask } from '../engine/engine-facts.js';
import type { RememberedFailure, SwarmMemory } from '../picture/swarm-picture.js';
import { compareTimes, toMillis } from './docker-time.js';
import { compareText } from './ordering.js';
import { endedByItself, isJob, type NodesById, slotKey, slotNumber } from './task-states.js';

/** How long a failure is remembered: what `restartsPerHour` counts. */
export const REMEMBERED_MS = 60 * 60_000;
/** Docker's default `--task-history-limit`, the running task included. The real one is told by `/swarm` only: never asked. */
const DOCKER_HISTORY = 5;
const MAX_PER_SLOT = 60;
const MAX_PER_SERVICE = 200;
const MAX_REMEMBERED = 10_000;
const MAX_MESSAGE = 300;

export interface RecentFailures {
  /** Newest first, none older than {@link REMEMBERED_MS}. */
  failures: RememberedFailure[];
  /** There may have been more: Docker's history of a slot was full, or our own bounds cut. */
  truncated: boolean;
}

/** Joins what Docker still tells of the failures of a service with what earlier refreshes saw; each task counts once. */
export function recallFailures(
  service: EngineService,
  tasks: readonly EngineTask[],
  remembered: readonly RememberedFailure[],
  nodes: NodesById,
  now: Date,
): RecentFailures {
  const oldest = new Date(now.getTime() - REMEMBERED_MS).toISOString();
  const byTask = new Map<string, RememberedFailure>();
  // What was remembered first stays: its node may be gone by now, and its time may not wander with a wrong clock.
  for (const failure of remembered) if (failure.at >= oldest) byTask.set(failure.taskId, failure);
  const fromDocker = new Set<string>();
  for (const task of tasks) {
    if (!endedByItself(task, service.mode) || compareTimes(endedAt(task), oldest) < 0) continue;
    fromDocker.add(slotKey(task, service.mode));
    if (byTask.has(task.id)) continue;
    const failure = toFailure(service, task, nodes, now);
    if (failure.at >= oldest) byTask.set(task.id, failure);
  }
  if (byTask.size === 0) return { failures: [], truncated: false };
  const { kept, cut } = bound([...byTask.values()].sort(newestFirst));
  return { failures: kept, truncated: cut || historyIsFull(service, tasks, fromDocker) };
}

/** Keeps the memory of all services together bounded: when it is too much, each keeps its newest. */
export function boundMemory(failures: SwarmMemory['failures']): SwarmMemory['failures'] {
  const services = Object.entries(failures).sort(([, a], [, b]) => a.length - b.length);
  let left = MAX_REMEMBERED;
  const bounded: SwarmMemory['failures'] = {};
  services.forEach(([id, list], index) => {
    // Those with little pass whole; what they leave is shared by those with much.
    const kept = list.slice(0, Math.floor(left / (services.length - index)));
    left -= kept.length;
    if (kept.length > 0) bounded[id] = kept;
  });
  return bounded;
}

/**
 * When the task ended, by the clock of its node; never before the manager created it, so a node whose clock is behind does
 * not hide its failures.
 */
function endedAt(task: EngineTask): string {
  return compareTimes(task.since, task.createdAt) < 0 ? task.createdAt : task.since;
}

function toFailure(service: EngineService, task: EngineTask, nodes: NodesById, now: Date): RememberedFailure {
  const at = Math.min(toMillis(endedAt(task)) ?? 0, now.getTime());
  return {
    taskId: task.id,
    slotKey: slotKey(task, service.mode),
    slot: slotNumber(task, service.mode),
    node: task.nodeId === null ? null : (nodes.get(task.nodeId)?.hostname ?? null),
    at: new Date(at).toISOString(),
    message: failureMessage(task),
    exitCode: exitCodeOf(task),
  };
}

/** Docker's words on how a task ended; its `message` is only the last step that went well (`started`, `preparing`). */
export function failureMessage(task: EngineTask): string | null {
  const message = task.state === 'complete' ? `exited with code ${task.exitCode ?? 0}` : (task.error ?? task.message);
  return message === null || message.length <= MAX_MESSAGE
    ? message
    : `${message.slice(0, MAX_MESSAGE - 1).toWellFormed()}…`;
}

/** Null for a task whose process does not run or never ran: Docker then fills in a 0 that means nothing. */
export function exitCodeOf(task: EngineTask): number | null {
  return task.state === 'complete' || task.state === 'failed' || task.state === 'shutdown' ? task.exitCode : null;
}

function newestFirst(a: RememberedFailure, b: RememberedFailure): number {
  return compareText(b.at, a.at) || compareText(a.taskId, b.taskId);
}

function bound(failures: RememberedFailure[]): { kept: RememberedFailure[]; cut: boolean } {
  const perSlot = new Map<string, number>();
  const kept: RememberedFailure[] = [];
  for (const failure of failures) {
    const count = perSlot.get(failure.slotKey) ?? 0;
    if (count === MAX_PER_SLOT || kept.length === MAX_PER_SERVICE) continue;
    perSlot.set(failure.slotKey, count + 1);
    kept.push(failure);
  }
  return { kept, cut: kept.length < failures.length };
}

/** Of jobs Docker keeps every task of the current iteration (seen: dozens a slot), so nothing is missing there. */
function historyIsFull(service: EngineService, tasks: readonly EngineTask[], slots: ReadonlySet<string>): boolean {
  if (slots.size === 0 || isJob(service.mode)) return false;
  const kept = new Map<string, number>();
  for (const task of tasks) {
    const key = slotKey(task, service.mode);
    if (!slots.has(key)) continue;
    const count = (kept.get(key) ?? 0) + 1;
    if (count >= DOCKER_HISTORY) return true;
    kept.set(key, count);
  }
  return false;
}
