import type { EngineFacts, EngineTask } from '../engine/engine-facts.js';
import {
  SERVICE_HEALTHS,
  type SwarmMemory,
  type SwarmPicture,
  type SwarmService,
  type SwarmTask,
} from '../picture/swarm-picture.js';
import { assessService } from './assess-service.js';
import { rememberDownSince } from './down-since.js';
import { boundMemory } from './failures.js';
import { nodeProblems } from './node-problems.js';
import { compareNodes, type TaskSize, viewNode } from './node-view.js';
import { compareText } from './ordering.js';
import { quorumProblems, worstFirst } from './problems.js';
import { countQuorum } from './quorum.js';
import { NO_LOAD, reserveResources } from './reserve-resources.js';
import type { NodesById } from './task-states.js';
import { compareTasks, viewTask } from './task-view.js';
import { warn } from './warnings.js';

/** What every refresh brings beside Docker's answer. */
export interface AssessmentContext {
  /** What the refresh before remembered. */
  memory: SwarmMemory;
  now: Date;
  revision: string;
  collection: SwarmPicture['collection'];
}

export interface Assessment {
  /** `refreshDurationSeconds` is 0: the caller knows it, once it is over. */
  picture: SwarmPicture;
  /** To be given to the next refresh. */
  memory: SwarmMemory;
}

/**
 * Judges what Docker said: the picture of the swarm, and what to remember of it. Pure: the same input gives the same
 * picture. Every list is passed a fixed number of times, so its time grows with the swarm and no faster.
 */
export function assessSwarm(input: AssessmentContext & { facts: EngineFacts; taskSize: TaskSize }): Assessment {
  const { facts, now, taskSize } = input;
  const nodes: NodesById = new Map(facts.nodes.map((node) => [node.id, node]));
  const downSince = rememberDownSince(facts.nodes, input.memory.downSince, now);
  const quorum = countQuorum(facts.nodes);
  const loads = reserveResources(facts.tasks, nodes);
  const { services, tasks, problems, failures } = assessServices(input, nodes, downSince);
  for (const node of facts.nodes) problems.push(...nodeProblems(node, downSince[node.id] ?? null));
  problems.push(...quorumProblems(quorum));
  const picture: SwarmPicture = {
    revision: input.revision,
    collectedAt: now.toISOString(),
    swarmActive: true,
    error: null,
    nodes: facts.nodes
      .map((node) => viewNode(node, loads.get(node.id) ?? NO_LOAD, downSince[node.id] ?? null, taskSize))
      .sort(compareNodes),
    services,
    tasks,
    problems: worstFirst(problems),
    warnings: warn(facts.nodes, quorum),
    quorum,
    servicesSummary: summarize(services),
    collection: input.collection,
    refreshDurationSeconds: 0,
  };
  return { picture, memory: { downSince, failures: boundMemory(failures) } };
}

/** The picture of an engine that is in no swarm: an answer, not a failure. What was remembered stays for its return. */
export function notInSwarm({ memory, now, revision, collection }: AssessmentContext): Assessment {
  const picture: SwarmPicture = {
    revision,
    collectedAt: now.toISOString(),
    swarmActive: false,
    error: 'Not in swarm mode',
    nodes: [],
    services: [],
    tasks: [],
    problems: [],
    warnings: [],
    quorum: { managers: 0, reachable: 0, toleratedFailures: 0 },
    servicesSummary: summarize([]),
    collection,
    refreshDurationSeconds: 0,
  };
  return { picture, memory };
}

function assessServices(
  { facts, memory, now }: AssessmentContext & { facts: EngineFacts },
  nodes: NodesById,
  downSince: Readonly<Record<string, string>>,
) {
  const tasksOf = groupByService(facts.tasks);
  const services: SwarmService[] = [];
  const tasks: SwarmTask[] = [];
  const problems: SwarmPicture['problems'] = [];
  const failures: SwarmMemory['failures'] = {};
  const sorted = [...facts.services].sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id));
  for (const service of sorted) {
    const own = tasksOf.get(service.id) ?? [];
    tasksOf.delete(service.id);
    const remembered = memory.failures[service.id] ?? [];
    const assessed = assessService(service, own, { nodes, now, downSince, remembered });
    services.push(assessed.service);
    problems.push(...assessed.problems);
    if (assessed.failures.length > 0) failures[service.id] = assessed.failures;
    for (const task of own.sort(compareTasks)) tasks.push(viewTask(task, service, nodes, now));
  }
  // Tasks of services that are being removed, and those that attach networks: they still hold what they reserved.
  for (const own of tasksOf.values()) {
    for (const task of own.sort(compareTasks)) tasks.push(viewTask(task, null, nodes, now));
  }
  return { services, tasks, problems, failures };
}

function groupByService(tasks: readonly EngineTask[]): Map<string, EngineTask[]> {
  const groups = new Map<string, EngineTask[]>();
  for (const task of tasks) {
    const group = groups.get(task.serviceId);
    if (group) group.push(task);
    else groups.set(task.serviceId, [task]);
  }
  return groups;
}

function summarize(services: readonly SwarmService[]): SwarmPicture['servicesSummary'] {
  const counts = Object.fromEntries(SERVICE_HEALTHS.map((health) => [health, 0])) as Record<
    (typeof SERVICE_HEALTHS)[number],
    number
  >;
  for (const { health } of services) counts[health]++;
  return { total: services.length, ...counts };
}
