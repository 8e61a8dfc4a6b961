import type { EngineTask } from '../engine/engine-facts.js';
import type { SwarmProblem } from '../picture/swarm-picture.js';
import { toMillis } from './docker-time.js';
import { exitCodeOf, failureMessage } from './failures.js';
import { findGivenUp } from './gave-up.js';
import { failureInWords } from './health-reasons.js';
import { failuresOfUnfinished } from './job-health.js';
import type { Judgement, ServiceEvidence } from './service-evidence.js';
import { countsAsRunning, isGlobal, slotKey, slotNumber } from './task-states.js';

/** What is wrong with one service: a row for the service, one for each reason its tasks wait for, one for those given up. */
export function serviceProblems(
  evidence: ServiceEvidence,
  judgement: Judgement,
  reasons: readonly string[],
  downSince: Readonly<Record<string, string>>,
): SwarmProblem[] {
  const problems: SwarmProblem[] = [];
  const { service } = evidence;
  const found = codeOf(evidence, judgement);
  if (found) {
    const [code, severity] = found;
    const [last] = evidence.failures;
    problems.push({
      severity,
      kind: 'service',
      code,
      reason: `${service.name}: ${reasons.join('; ')}`,
      since: sinceWhen(evidence, judgement, downSince),
      exitCode: judgement.health === 'unknown' ? null : (last?.exitCode ?? null),
      subject: { id: service.id, name: service.name },
    });
  }
  for (const { reason, count, oldest } of evidence.counts.waiting) {
    problems.push(taskRow(evidence, 'task_pending', oldest, `${count} of its tasks pending: ${reason}`, null));
  }
  const gaveUp = judgement.health === 'flapping' ? null : findGivenUp(evidence);
  if (gaveUp) {
    const exitCode = exitCodeOf(gaveUp.newest);
    const words = failureInWords(failureMessage(gaveUp.newest), exitCode);
    const reason = `${gaveUp.count} of its tasks ended and nothing replaces them yet: ${words}`;
    problems.push(taskRow(evidence, 'task_failed', gaveUp.newest, reason, exitCode));
  }
  return problems;
}

function codeOf(evidence: ServiceEvidence, { health, flapping }: Judgement): [string, SwarmProblem['severity']] | null {
  const { counts } = evidence;
  switch (health) {
    case 'down':
      return ['service_down', 'critical'];
    case 'flapping':
      return ['service_flapping', flapping.length >= counts.desired ? 'critical' : 'warning'];
    case 'job_failed':
      return ['job_failed', 'critical'];
    case 'update_failed':
      return ['service_update_failed', counts.running === 0 ? 'critical' : 'warning'];
    case 'degraded':
      return ['service_degraded', 'warning'];
    case 'unknown':
      return ['service_without_node', 'warning'];
    case 'job_running':
      return hasUnmendedFailure(evidence) ? ['job_retrying', 'warning'] : null;
    default:
      return null;
  }
}

/** The earliest cause that is known; Docker keeps no time for a service that lacks tasks. */
function sinceWhen(
  { service, counts, failures }: ServiceEvidence,
  { health, flapping }: Judgement,
  downSince: Readonly<Record<string, string>>,
): string | null {
  if (flapping.length > 0) return earliest(flapping.map(({ since }) => since));
  if (health === 'update_failed') return earliest([service.updatedAt]);
  if (health === 'unknown') return null;
  const causes = [
    ...counts.waiting.map(({ oldest }) => oldest.createdAt),
    ...[...counts.lost.keys()].map((nodeId) => downSince[nodeId] ?? ''),
  ];
  return earliest(causes) ?? earliest([failures[0]?.at ?? '']);
}

/** A task of the job failed and none runs in its place. */
function hasUnmendedFailure(evidence: ServiceEvidence): boolean {
  const { service, tasks, nodes } = evidence;
  const failures = failuresOfUnfinished(evidence);
  if (failures.length === 0) return false;
  const running = new Set<string>();
  for (const task of tasks) if (countsAsRunning(task, nodes)) running.add(slotKey(task, service.mode));
  return failures.some((failure) => !running.has(failure.slotKey));
}

function earliest(times: readonly string[]): string | null {
  const millis = times.map((time) => toMillis(time)).filter((time): time is number => time !== null && time > 0);
  return millis.length > 0 ? new Date(Math.min(...millis)).toISOString() : null;
}

function taskRow(
  { service, nodes }: ServiceEvidence,
  code: string,
  task: EngineTask,
  reason: string,
  exitCode: number | null,
): SwarmProblem {
  const node = task.nodeId === null ? null : (nodes.get(task.nodeId)?.hostname ?? task.nodeId);
  const place = isGlobal(service.mode) ? node : slotNumber(task, service.mode);
  return {
    severity: 'warning',
    kind: 'task',
    code,
    reason: `${service.name}: ${reason}`,
    since: earliest([code === 'task_pending' ? task.createdAt : task.since]),
    exitCode,
    subject: { id: task.id, name: place === null ? service.name : `${service.name}.${place}` },
  };
}
