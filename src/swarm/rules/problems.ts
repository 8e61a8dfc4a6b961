import type { SwarmProblem, SwarmQuorum } from '../picture/swarm-picture.js';
import { compareText } from './ordering.js';
import { isQuorumLost, majorityOf } from './quorum.js';

const MAX_PROBLEMS = 1_000;

/** Every code of a problem, the worst first. */
export const PROBLEM_CODES = [
  'quorum_lost',
  'service_down',
  'node_down',
  'job_failed',
  'service_flapping',
  'service_update_failed',
  'service_degraded',
  'manager_unreachable',
  'node_not_ready',
  'task_failed',
  'task_pending',
  'job_retrying',
  'service_without_node',
] as const;

const RANKS = new Map<string, number>(PROBLEM_CODES.map((code, rank) => [code, rank]));

/** Severity first, then the kind of problem, then what lasts longest; bounded. */
export function worstFirst(problems: SwarmProblem[]): SwarmProblem[] {
  return problems.sort(compareProblems).slice(0, MAX_PROBLEMS);
}

export function quorumProblems(quorum: SwarmQuorum): SwarmProblem[] {
  if (!isQuorumLost(quorum)) return [];
  const { managers, reachable } = quorum;
  return [
    {
      severity: 'critical',
      kind: 'quorum',
      code: 'quorum_lost',
      reason: `only ${reachable} of ${managers} managers are reachable, ${majorityOf(managers)} are needed to change anything`,
      since: null,
      exitCode: null,
      subject: { id: null, name: null },
    },
  ];
}

function compareProblems(a: SwarmProblem, b: SwarmProblem): number {
  return (
    severity(a) - severity(b) ||
    rank(a) - rank(b) ||
    // What has no time goes last: '~' sorts after every digit.
    compareText(a.since ?? '~', b.since ?? '~') ||
    compareText(a.subject.name ?? '', b.subject.name ?? '') ||
    compareText(a.subject.id ?? '', b.subject.id ?? '')
  );
}

function severity(problem: SwarmProblem): number {
  return problem.severity === 'critical' ? 0 : 1;
}

function rank(problem: SwarmProblem): number {
  return RANKS.get(problem.code) ?? RANKS.size;
}
