import type { EngineService, EngineTask } from '../engine/engine-facts.js';
import { compareTimes, toMillis } from './docker-time.js';
import { countsAsRunning, holdsResources, isJob, isUnplaced, mayStillRun, type NodesById } from './task-states.js';
import { countWanted } from './wanted-tasks.js';

/** A task that the scheduler has not placed is waiting from its first second when Docker says why, else after this long. */
const SILENT_WAIT_MS = 60_000;
/** Distinct reasons kept of one service; they differ by node counts only. */
const MAX_REASONS = 5;

/** Tasks of one service that wait for the same reason. */
export interface Waiting {
  reason: string;
  count: number;
  /** The one that waits longest, by when it was made: the time of its state moves whenever Docker tries again. */
  oldest: EngineTask;
}

/** The tasks of one service, counted; of a job, those of its current iteration. */
export interface ServiceCounts {
  desired: number;
  running: number;
  /** Jobs only; 0 for services. */
  completed: number;
  /** Placed, or just created, and not running yet. */
  onTheWay: number;
  waiting: Waiting[];
  /** Node id → tasks that were alive on it when it went down. */
  lost: Map<string, number>;
}

export function countTasks(
  service: EngineService,
  tasks: readonly EngineTask[],
  nodes: NodesById,
  now: Date,
): ServiceCounts {
  const job = isJob(service.mode);
  const counts: ServiceCounts = {
    desired: countWanted(service, tasks, nodes),
    running: 0,
    completed: 0,
    onTheWay: 0,
    waiting: [],
    lost: new Map(),
  };
  for (const task of tasks) {
    if (countsAsRunning(task, nodes)) counts.running++;
    else if (task.state === 'complete') counts.completed += job ? 1 : 0;
    else if (task.nodeId !== null && holdsResources(task) && nodes.get(task.nodeId)?.state === 'down') {
      counts.lost.set(task.nodeId, (counts.lost.get(task.nodeId) ?? 0) + 1);
    } else if (mayStillRun(task)) countNotYetRunning(counts, task, now);
  }
  return counts;
}

/** The tasks that a service is judged by: all, or of a job those of its current run (Docker leaves out iteration 0). */
export function tasksOfCurrentRun(service: EngineService, tasks: readonly EngineTask[]): readonly EngineTask[] {
  if (!isJob(service.mode)) return tasks;
  const iteration = service.jobIteration ?? 0;
  return tasks.filter((task) => (task.jobIteration ?? 0) === iteration);
}

/** Why a task is not placed, or null when it is, or when it is only just to be. */
export function waitingReason(task: EngineTask, now: Date): string | null {
  if (!isUnplaced(task) || !mayStillRun(task)) return null;
  if (task.error !== null) return task.error;
  const created = toMillis(task.createdAt);
  if (created === null || now.getTime() - created < SILENT_WAIT_MS) return null;
  return `${task.message ?? 'not placed by the scheduler'} (Docker gives no reason)`;
}

function countNotYetRunning(counts: ServiceCounts, task: EngineTask, now: Date): void {
  const reason = waitingReason(task, now);
  if (reason === null) {
    counts.onTheWay++;
    return;
  }
  const same = counts.waiting.find((waiting) => waiting.reason === reason);
  if (same) {
    same.count++;
    if (compareTimes(task.createdAt, same.oldest.createdAt) < 0) same.oldest = task;
  } else if (counts.waiting.length < MAX_REASONS) {
    counts.waiting.push({ reason, count: 1, oldest: task });
  }
}
