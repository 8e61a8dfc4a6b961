import type { EngineFacts, EngineNode, EngineService, EngineTask } from '../../src/swarm/engine/engine-facts.js';
import type {
  RememberedFailure,
  SwarmMemory,
  SwarmPicture,
  SwarmService,
} from '../../src/swarm/picture/swarm-picture.js';
import { assessSwarm, type Assessment } from '../../src/swarm/rules/assess-swarm.js';

/** The moment that every case is judged at. */
export const NOW = new Date('2026-03-01T12:00:00.000Z');
export const NO_MEMORY: SwarmMemory = { downSince: {}, failures: {} };
export const TASK_SIZE = { cpus: 0.1, memoryMegabytes: 100 };

/** A time of Docker's so many seconds before {@link NOW}, with nanoseconds. */
export function ago(seconds: number): string {
  return new Date(NOW.getTime() - seconds * 1_000).toISOString().replace('Z', '123456Z');
}

/** So many seconds before {@link NOW}, as the picture writes times. */
export function isoAgo(seconds: number): string {
  return new Date(NOW.getTime() - seconds * 1_000).toISOString();
}

/** A ready worker of 2 CPUs and 4 GiB; its id is its hostname with `-id`. */
export function aNode(hostname: string, over: Partial<EngineNode> = {}): EngineNode {
  return {
    id: `${hostname}-id`,
    hostname,
    role: 'worker',
    availability: 'active',
    state: 'ready',
    stateMessage: null,
    address: '10.0.0.1',
    isLeader: false,
    reachability: over.role === 'manager' ? 'reachable' : null,
    engineVersion: '28.2.2',
    nanoCpus: 2e9,
    memoryBytes: 4 * 2 ** 30,
    labels: {},
    createdAt: ago(86_400),
    updatedAt: ago(80_000),
    ...over,
  };
}

/** A replicated service of yesterday that wants one task; its id is its name with `-id`. */
export function aService(over: Partial<EngineService> = {}): EngineService {
  const name = over.name ?? 'web';
  return {
    id: `${name}-id`,
    name,
    stack: null,
    mode: 'replicated',
    image: 'web:1',
    replicas: over.mode === 'global' || over.mode === 'global-job' ? null : 1,
    jobIteration: null,
    docker: null,
    updateState: null,
    updateMessage: null,
    reservedNanoCpus: 0,
    reservedMemoryBytes: 0,
    constraints: [],
    publishedPorts: [],
    createdAt: ago(86_400),
    updatedAt: ago(86_400),
    ...over,
  };
}

let made = 0;

/** A task of `web`, running on node1 in slot 1 for an hour and more. */
export function aTask(over: Partial<EngineTask> = {}): EngineTask {
  const state = over.state ?? 'running';
  return {
    id: `task${(made++).toString().padStart(5, '0')}`,
    serviceId: 'web-id',
    slot: 1,
    nodeId: 'node1-id',
    state,
    desiredState: 'running',
    message: 'started',
    error: null,
    exitCode: null,
    since: ago(4_000),
    createdAt: over.since ?? ago(4_001),
    reservedNanoCpus: 0,
    reservedMemoryBytes: 0,
    jobIteration: null,
    ...over,
  };
}

/** A task that failed so many seconds ago, as Docker keeps it. */
export function aFailure(secondsAgo: number, over: Partial<EngineTask> = {}): EngineTask {
  return aTask({
    state: 'failed',
    desiredState: 'shutdown',
    error: 'task: non-zero exit (1)',
    exitCode: 1,
    since: ago(secondsAgo),
    createdAt: ago(secondsAgo + 2),
    ...over,
  });
}

/** A task that no node suits. */
export function aPendingTask(over: Partial<EngineTask> = {}): EngineTask {
  return aTask({
    state: 'pending',
    nodeId: null,
    message: 'pending task scheduling',
    error: 'no suitable node (scheduling constraints not satisfied on 3 nodes)',
    since: ago(20),
    createdAt: ago(300),
    ...over,
  });
}

/** `make(1)`, `make(2)` … `make(count)`. */
export function times<T>(count: number, make: (number: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}

/** Remembered as an earlier refresh would have. */
export function aRemembered(secondsAgo: number, over: Partial<RememberedFailure> = {}): RememberedFailure {
  return {
    taskId: `remembered${made++}`,
    slotKey: 'slot:1',
    slot: 1,
    node: 'node1',
    at: isoAgo(secondsAgo),
    message: 'task: non-zero exit (1)',
    exitCode: 1,
    ...over,
  };
}

/** A manager and two workers. */
export const THREE_NODES: EngineNode[] = [
  aNode('node1', { role: 'manager', isLeader: true }),
  aNode('node2'),
  aNode('node3'),
];

/** The same with node3 dead for 30 seconds. */
export const NODE3_DOWN: EngineNode[] = THREE_NODES.map((node) =>
  node.hostname === 'node3' ? { ...node, state: 'down', stateMessage: 'heartbeat failure', updatedAt: ago(30) } : node,
);

export const COLLECTION: SwarmPicture['collection'] = {
  collectionTimeSeconds: 0.02,
  taskCollectionTimeSeconds: 0.01,
  nodeCount: 3,
  serviceCount: 1,
  taskCount: 1,
  apiCalls: 4,
  cacheUsed: false,
};

/** Judges three nodes and whatever a case brings. */
export function assess(facts: Partial<EngineFacts>, memory: SwarmMemory = NO_MEMORY, now: Date = NOW): Assessment {
  return assessSwarm({
    facts: { info: null, nodes: THREE_NODES, services: [], tasks: [], ...facts },
    memory,
    now,
    taskSize: TASK_SIZE,
    revision: 'r1',
    collection: COLLECTION,
  });
}

/** One service, judged by its tasks. */
export function judged(
  service: Partial<EngineService>,
  tasks: EngineTask[],
  { nodes = THREE_NODES, memory = NO_MEMORY }: { nodes?: EngineNode[]; memory?: SwarmMemory } = {},
): SwarmService {
  const [only] = assess({ nodes, services: [aService(service)], tasks }, memory).picture.services;
  if (!only) throw new Error('No service was judged.');
  return only;
}
