import type { RememberedFailure } from '../picture/swarm-picture.js';
import { findFlapping, type FlappingSlot, RETRY_GRACE_MS } from './flapping.js';
import type { Judgement, ServiceEvidence } from './service-evidence.js';
import { mayStillRun, slotKey } from './task-states.js';

/**
 * The word for a job, by the tasks of its current iteration: the first row that holds.
 *
 * | health         | holds when                                                                                             |
 * | -------------- | ------------------------------------------------------------------------------------------------------ |
 * | scaled_to_zero | replicated job of no completions                                                                       |
 * | unknown        | global job and no node wants a task                                                                    |
 * | job_complete   | as many tasks completed as wanted                                                                      |
 * | job_failed     | an unfinished slot failed 3 times or more in 10 minutes, or tasks failed and nothing is left to run    |
 * | job_running    | otherwise; a task that failed once or twice and is retried is a reason, not a failed job               |
 *
 * The count of failures is needed: Docker retries the tasks of a job for ever, whatever `--restart-max-attempts` and
 * `--restart-condition` say (seen with 20.10), so that a hopeless job would never be told.
 */
export function judgeJob(evidence: ServiceEvidence): Judgement {
  const { service, counts, tasks, now } = evidence;
  if (counts.desired === 0) {
    return { health: service.mode === 'replicated-job' ? 'scaled_to_zero' : 'unknown', flapping: [] };
  }
  if (counts.completed >= counts.desired) return { health: 'job_complete', flapping: [] };
  const failures = failuresOfUnfinished(evidence);
  const flapping: FlappingSlot[] = findFlapping(failures, {
    now,
    slots: new Set(failures.map((failure) => failure.slotKey)),
  });
  if (flapping.length > 0) return { health: 'job_failed', flapping };
  const graceEnds = new Date(now.getTime() - RETRY_GRACE_MS).toISOString();
  const failed = tasks.some((task) => task.state === 'failed' || task.state === 'rejected');
  const retried = tasks.some(mayStillRun) || failures.some((failure) => failure.at > graceEnds);
  return { health: failed && !retried ? 'job_failed' : 'job_running', flapping };
}

/** Failures of this iteration in slots (or on nodes) that have not completed: a retry that went well heals the rest. */
export function failuresOfUnfinished({ service, tasks, failures }: ServiceEvidence): RememberedFailure[] {
  if (failures.length === 0) return [];
  const ofThisRun = new Set<string>();
  const completed = new Set<string>();
  for (const task of tasks) {
    ofThisRun.add(task.id);
    if (task.state === 'complete') completed.add(slotKey(task, service.mode));
  }
  return failures.filter((failure) => ofThisRun.has(failure.taskId) && !completed.has(failure.slotKey));
}
