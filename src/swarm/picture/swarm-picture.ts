import type { NodeAvailability, NodeRole, NodeState, PublishedPort, ServiceMode } from '../engine/engine-facts.js';

/** How a service is judged; see `rules/service-health.ts` for the rule behind each word. */
export const SERVICE_HEALTHS = [
  'healthy',
  'degraded',
  'down',
  'updating',
  'update_failed',
  'flapping',
  'scaled_to_zero',
  'job_running',
  'job_complete',
  'job_failed',
  'unknown',
] as const;
export type ServiceHealth = (typeof SERVICE_HEALTHS)[number];

export interface SwarmNode {
  id: string;
  hostname: string;
  role: NodeRole;
  isManager: boolean;
  isLeader: boolean;
  availability: NodeAvailability;
  state: NodeState;
  reachability: string | null;
  /** ISO-8601; stored at the transition, since Docker has no such field. */
  downSince: string | null;
  address: string | null;
  engineVersion: string | null;
  cpuCount: number;
  memoryGb: number;
  runningTasks: number;
  /** Assigned live tasks that reserve neither CPU nor memory: the scheduler cannot count them. */
  unreservedTasks: number;
  /** How many tasks of the configured size still fit; 0 unless ready and active. */
  availableCapacity: number;
  /** `used*` are documented aliases of `reserved*`. */
  resourceUsage: {
    usedCpuNanos: number;
    usedMemoryBytes: number;
    availableCpuNanos: number;
    availableMemoryBytes: number;
    usedCpuPercent: number;
    usedMemoryPercent: number;
    reservedCpuNanos: number;
    reservedMemoryBytes: number;
  };
  labels: Record<string, string>;
  createdAt: string;
  updatedAt: string;
}

export interface TaskFailure {
  slot: number | null;
  /** Hostname of the node, null when unknown. */
  node: string | null;
  at: string;
  message: string | null;
  exitCode: number | null;
}

export interface SwarmService {
  id: string;
  name: string;
  stack: string | null;
  mode: ServiceMode;
  image: string | null;
  health: ServiceHealth;
  /** Why it is judged so, in words. Empty when healthy. */
  reasons: string[];
  desiredTasks: number;
  /** Running by our rule: running, wanted to run, on a node that is not down. */
  runningTasks: number;
  /** Docker's own count, which overcounts after a node dies. */
  dockerRunningTasks: number | null;
  completedTasks: number;
  restartsPerHour: number;
  /** Newest first, bounded. */
  failures: TaskFailure[];
  /** True when Docker's task history was full, so that there may have been more failures. */
  truncated: boolean;
  updateState: string | null;
  reservedCpuNanos: number;
  reservedMemoryBytes: number;
  constraints: string[];
  publishedPorts: PublishedPort[];
  createdAt: string;
  updatedAt: string;
}

export interface SwarmTask {
  id: string;
  serviceId: string;
  serviceName: string | null;
  slot: number | null;
  nodeId: string | null;
  hostname: string | null;
  state: string;
  desiredState: string;
  message: string | null;
  error: string | null;
  exitCode: number | null;
  since: string;
  /** Stack of its service, for the filter `stack=`. */
  stack: string | null;
  /** True when something is wrong with it: failed, rejected, orphaned, or waiting with a reason. */
  problem: boolean;
}

export interface SwarmProblem {
  severity: 'critical' | 'warning';
  kind: 'node' | 'service' | 'task' | 'quorum';
  code: string;
  /** What is wrong, in one sentence. */
  reason: string;
  /** ISO-8601, null when unknown. */
  since: string | null;
  exitCode: number | null;
  subject: { id: string | null; name: string | null };
}

export interface SwarmWarning {
  code: string;
  detail: string;
  subject: Record<string, string | number | null>;
}

export interface SwarmQuorum {
  managers: number;
  reachable: number;
  /** How many more managers may fail before the swarm can no longer be managed. */
  toleratedFailures: number;
}

/** What is carried from one refresh to the next (and over restarts): Docker does not remember it. Bounded. */
export interface SwarmMemory {
  /** Node id → ISO-8601 time of the transition to down. */
  downSince: Record<string, string>;
  /** Service id → remembered failures, newest first, by task id, no older than the window. */
  failures: Record<string, RememberedFailure[]>;
}
export interface RememberedFailure extends TaskFailure {
  taskId: string;
  /** `slot:3` or `node:<id>`: what the failures are counted by. */
  slotKey: string;
}

/** The swarm judged: what one good refresh publishes. Times ISO-8601 UTC. */
export interface SwarmPicture {
  /** Changes whenever a picture is published. */
  revision: string;
  collectedAt: string;
  swarmActive: boolean;
  error: 'Not in swarm mode' | null;
  nodes: SwarmNode[];
  services: SwarmService[];
  tasks: SwarmTask[];
  problems: SwarmProblem[];
  warnings: SwarmWarning[];
  quorum: SwarmQuorum;
  servicesSummary: { total: number } & Record<ServiceHealth, number>;
  collection: {
    collectionTimeSeconds: number;
    taskCollectionTimeSeconds: number;
    nodeCount: number;
    serviceCount: number;
    taskCount: number;
    apiCalls: number;
    /** True when the refresh was answered from the 30 s task cache. */
    cacheUsed: boolean;
  };
  refreshDurationSeconds: number;
}
