import type { EngineService, EngineTask } from '../engine/engine-facts.js';
import type { RememberedFailure, SwarmProblem, SwarmService } from '../picture/swarm-picture.js';
import { countTasks, tasksOfCurrentRun } from './count-tasks.js';
import { recallFailures } from './failures.js';
import { explainHealth } from './health-reasons.js';
import type { ServiceEvidence } from './service-evidence.js';
import { judgeService } from './service-health.js';
import { serviceProblems } from './service-problems.js';
import type { NodesById } from './task-states.js';

/** Failures shown of one service; more are remembered. */
const SHOWN_FAILURES = 20;

/** What a service is assessed against. */
export interface ServiceContext {
  nodes: NodesById;
  now: Date;
  downSince: Readonly<Record<string, string>>;
  remembered: readonly RememberedFailure[];
}

export interface AssessedService {
  service: SwarmService;
  problems: SwarmProblem[];
  /** To be remembered. */
  failures: RememberedFailure[];
}

/** One service with its tasks: counted, judged, explained. */
export function assessService(
  service: EngineService,
  tasks: readonly EngineTask[],
  { nodes, now, downSince, remembered }: ServiceContext,
): AssessedService {
  const { failures, truncated } = recallFailures(service, tasks, remembered, nodes, now);
  const current = tasksOfCurrentRun(service, tasks);
  const counts = countTasks(service, current, nodes, now);
  const evidence: ServiceEvidence = { service, tasks: current, counts, failures, nodes, now };
  const judgement = judgeService(evidence);
  const reasons = explainHealth(evidence, judgement);
  return {
    service: {
      id: service.id,
      name: service.name,
      stack: service.stack,
      mode: service.mode,
      image: service.image,
      health: judgement.health,
      reasons,
      desiredTasks: counts.desired,
      runningTasks: counts.running,
      dockerRunningTasks: service.docker?.runningTasks ?? null,
      completedTasks: counts.completed,
      restartsPerHour: failures.length,
      failures: failures
        .slice(0, SHOWN_FAILURES)
        .map(({ slot, node, at, message, exitCode }) => ({ slot, node, at, message, exitCode })),
      truncated,
      updateState: service.updateState,
      reservedCpuNanos: service.reservedNanoCpus,
      reservedMemoryBytes: service.reservedMemoryBytes,
      constraints: service.constraints,
      publishedPorts: service.publishedPorts,
      createdAt: service.createdAt,
      updatedAt: service.updatedAt,
    },
    problems: serviceProblems(evidence, judgement, reasons, downSince),
    failures,
  };
}
