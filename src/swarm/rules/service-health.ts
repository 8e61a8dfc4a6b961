import type { ServiceHealth } from '../picture/swarm-picture.js';
import { toMillis } from './docker-time.js';
import { findFlapping, FLAPPING_FAILURES, FLAPPING_MINUTES, type FlappingSlot, RETRY_GRACE_MS } from './flapping.js';
import { judgeJob } from './job-health.js';
import type { Judgement, ServiceEvidence } from './service-evidence.js';
import { mayStillRun, slotKey } from './task-states.js';

/** A first roll-out may take so long before missing tasks mean that something is wrong. */
const FIRST_ROLLOUT_MS = 5 * 60_000;
const UPDATE_STOPPED = new Set(['paused', 'rollback_started', 'rollback_paused']);

/**
 * The word for a service: the first row that holds.
 *
 * |   | health         | holds when                                                                                        |
 * | - | -------------- | ------------------------------------------------------------------------------------------------- |
 * |   | `job_*`        | the service is a job: see {@link judgeJob}                                                        |
 * | 1 | scaled_to_zero | replicated and no task is wanted                                                                  |
 * | 2 | down           | global, no living node wants a task, and the nodes that had one are down                          |
 * | 3 | unknown        | global and no node at all wants a task: constraints that no node meets, or Docker has not begun   |
 * | 4 | update_failed  | the last update is paused or being rolled back                                                    |
 * | 5 | flapping       | a slot (global: a node) failed 3 times or more in 10 minutes and Docker goes on restarting it     |
 * | 6 | updating       | a roll-out goes well: all that is missing is on its way, nothing failed, waits or got lost        |
 * | 7 | down           | nothing runs of what is wanted                                                                    |
 * | 8 | updating       | Docker says that an update is under way                                                           |
 * | 9 | degraded       | fewer run than wanted                                                                             |
 * | 10 | update_failed  | the last update was rolled back: the version before it runs, whole                                |
 * | 11 | healthy        | as many run as wanted                                                                             |
 *
 * `flapping` stands above `down` because a crash loop runs at one look and not at the next; once Docker gave it up, it is
 * down. Row 6 stands above `down` so that an update of a single replica, stopped before its successor starts, is not an
 * outage. Row 10 stands last because a roll-back of long ago must not hide what is wrong now. A roll-back that somebody
 * asked for cannot be told from one after a failure: Docker says `rollback_completed` of both.
 */
export function judgeService(evidence: ServiceEvidence): Judgement {
  const { service, counts } = evidence;
  if (service.mode === 'replicated-job' || service.mode === 'global-job') return judgeJob(evidence);
  if (counts.desired === 0) return { health: withoutWanted(evidence), flapping: [] };
  const flapping = flappingOf(evidence);
  return { health: word(evidence, flapping.length > 0), flapping };
}

function word(evidence: ServiceEvidence, flapping: boolean): ServiceHealth {
  const { service, counts } = evidence;
  if (UPDATE_STOPPED.has(service.updateState ?? '')) return 'update_failed';
  if (flapping) return 'flapping';
  if (rollsOutWell(evidence)) return 'updating';
  if (counts.running === 0) return 'down';
  if (service.updateState === 'updating') return 'updating';
  if (counts.running < counts.desired) return 'degraded';
  return service.updateState === 'rollback_completed' ? 'update_failed' : 'healthy';
}

function withoutWanted({ service, counts }: ServiceEvidence): ServiceHealth {
  if (service.mode !== 'global') return 'scaled_to_zero';
  return counts.lost.size > 0 ? 'down' : 'unknown';
}

/** An update that Docker reports, or the first minutes of a new service, for which Docker reports nothing. */
function rollsOutWell({ service, counts, failures, now }: ServiceEvidence): boolean {
  const { desired, running, onTheWay, lost } = counts;
  // A task that waits with a reason is not on its way.
  if (lost.size > 0 || running + onTheWay < desired) return false;
  const recent = new Date(now.getTime() - FLAPPING_MINUTES * 60_000).toISOString();
  if (failures.some((failure) => failure.at >= recent)) return false;
  if (service.updateState === 'updating') return true;
  const created = toMillis(service.createdAt);
  return running < desired && created !== null && now.getTime() - created < FIRST_ROLLOUT_MS;
}

function flappingOf(evidence: ServiceEvidence): FlappingSlot[] {
  const { service, failures, now } = evidence;
  if (failures.length < FLAPPING_FAILURES) return [];
  const slots = slotsRestarted(evidence);
  if (service.updateState !== 'rollback_completed') return findFlapping(failures, { now, slots });
  // Docker touches a service at the end of a roll-back: failures before that were those of the version taken back.
  const rolledBack = toMillis(service.updatedAt);
  const notBefore = rolledBack === null ? undefined : new Date(rolledBack).toISOString();
  return findFlapping(failures, { now, slots, notBefore });
}

/** Slots that Docker goes on with: not those that scaling down removed, nor those whose restart policy gave up. */
function slotsRestarted({ service, tasks, failures, now }: ServiceEvidence): Set<string> {
  const slots = new Set<string>();
  for (const task of tasks) if (mayStillRun(task)) slots.add(slotKey(task, service.mode));
  const graceEnds = new Date(now.getTime() - RETRY_GRACE_MS).toISOString();
  for (const failure of failures) if (failure.at > graceEnds) slots.add(failure.slotKey);
  return slots;
}
