import type { ServiceCounts } from './count-tasks.js';
import { FLAPPING_MINUTES, type FlappingSlot } from './flapping.js';
import { failuresOfUnfinished } from './job-health.js';
import type { Judgement, ServiceEvidence } from './service-evidence.js';
import { isJob, type NodesById } from './task-states.js';

/** Slots and nodes named one by one; the rest is counted. */
const NAMED = 3;

/** Why a service is judged so, in words, the most telling first; empty when there is nothing to explain. */
export function explainHealth(evidence: ServiceEvidence, { health, flapping }: Judgement): string[] {
  const { service, counts, nodes } = evidence;
  switch (health) {
    case 'healthy':
    case 'job_complete':
      return [];
    case 'scaled_to_zero':
      return ['scaled to 0: no task is wanted'];
    case 'unknown':
      return ['no node is eligible for a task of this global service'];
    default:
      return [
        ...updateReasons(evidence),
        ...flappingReasons(flapping),
        isJob(service.mode) ? `${counts.completed} of ${tasks(counts.desired)} completed` : runningReason(counts),
        ...lostReasons(counts, nodes),
        ...counts.waiting.map(({ count, reason }) => `${tasks(count)} pending: ${reason}`),
        ...(counts.onTheWay > 0 ? [`${tasks(counts.onTheWay)} on the way`] : []),
        ...lastFailureReason(evidence, { health, flapping }),
      ];
  }
}

/** `task: non-zero exit (1)`, with the exit code unless the words hold it. */
export function failureInWords(message: string | null, exitCode: number | null): string {
  if (message === null) return exitCode === null ? 'no error given' : `exit code ${exitCode}`;
  if (exitCode === null || new RegExp(`\\b${exitCode}\\b`).test(message)) return message;
  return `${message}, exit code ${exitCode}`;
}

function updateReasons({ service: { updateState, updateMessage } }: ServiceEvidence): string[] {
  const said = updateMessage ? `: ${updateMessage}` : '';
  switch (updateState) {
    case 'paused':
      return [`the update is paused${said}`];
    case 'rollback_started':
      return [`the update is being rolled back${said}`];
    case 'rollback_paused':
      return [`the roll-back of the update is paused${said}`];
    case 'rollback_completed':
      return ['the last update was rolled back: the version before it runs'];
    case 'updating':
      return ['an update is under way'];
    default:
      return [];
  }
}

function flappingReasons(flapping: readonly FlappingSlot[]): string[] {
  const named = flapping.slice(0, NAMED).map(({ slot, node, failures }) => {
    const where = slot === null ? `on node ${node ?? 'unknown'}` : `in slot ${slot}`;
    return `${failures} failures ${where} in the last ${FLAPPING_MINUTES} minutes`;
  });
  return flapping.length > NAMED ? [...named, `and so in ${flapping.length - NAMED} more`] : named;
}

function runningReason({ running, desired }: ServiceCounts): string {
  return desired === 0 ? 'no node that wants a task is left' : `${running} of ${tasks(desired)} running`;
}

function lostReasons(counts: ServiceCounts, nodes: NodesById): string[] {
  if (counts.desired > 0 && counts.running >= counts.desired) return [];
  const lost = [...counts.lost].slice(0, NAMED).map(([id, count]) => {
    return `node ${nodes.get(id)?.hostname ?? id} is down with ${tasks(count)}`;
  });
  return counts.lost.size > NAMED ? [...lost, `and so are ${counts.lost.size - NAMED} more nodes`] : lost;
}

function lastFailureReason(evidence: ServiceEvidence, { health }: Judgement): string[] {
  const { service, counts, failures } = evidence;
  const job = isJob(service.mode);
  // Healed: all run again. Only what is judged by its failures goes on telling them.
  if (!job && counts.running >= counts.desired && health !== 'flapping') return [];
  const [last] = job ? failuresOfUnfinished(evidence) : failures;
  if (!last) return [];
  const where = last.node === null ? '' : ` on ${last.node}`;
  return [`last failure${where}: ${failureInWords(last.message, last.exitCode)}`];
}

function tasks(count: number): string {
  return count === 1 ? '1 task' : `${count} tasks`;
}
