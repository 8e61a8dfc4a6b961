/**
 * What Swarmward keeps of the Docker Engine API's answers: an allow-list. Service and task specs can hold environment
 * values, configs and secrets, so nothing that is not named here ever leaves the engine client.
 * Field meanings follow the Engine API reference (https://docs.docker.com/reference/api/engine/).
 */
export type NodeRole = 'manager' | 'worker';
export type NodeAvailability = 'active' | 'pause' | 'drain';
export type NodeState = 'ready' | 'down' | 'disconnected' | 'unknown';
export type ServiceMode = 'replicated' | 'global' | 'replicated-job' | 'global-job';

/** `GET /info`, the part about the swarm. */
export interface EngineInfo {
  /** Hostname of the engine that answered. */
  name: string | null;
  engineVersion: string | null;
  nodeId: string | null;
  /** `inactive` means: this engine is in no swarm. */
  localNodeState: 'inactive' | 'pending' | 'active' | 'error' | 'locked' | 'unknown';
  /** True on a manager that can answer for the swarm. */
  controlAvailable: boolean;
  error: string | null;
}

/** One element of `GET /nodes`. */
export interface EngineNode {
  id: string;
  hostname: string;
  role: NodeRole;
  availability: NodeAvailability;
  state: NodeState;
  /** Docker's own words on the state, for example `heartbeat failure`. */
  stateMessage: string | null;
  address: string | null;
  isLeader: boolean;
  /** Managers only: `reachable`, `unreachable` or `unknown`. */
  reachability: string | null;
  engineVersion: string | null;
  nanoCpus: number;
  memoryBytes: number;
  labels: Record<string, string>;
  /** ISO-8601, as Docker gave it. */
  createdAt: string;
  updatedAt: string;
}

export interface PublishedPort {
  protocol: string;
  targetPort: number;
  publishedPort: number;
  publishMode: string;
}

/** One element of `GET /services?status=true`. */
export interface EngineService {
  id: string;
  name: string;
  /** Label `com.docker.stack.namespace`. */
  stack: string | null;
  mode: ServiceMode;
  /** Image reference without the digest. */
  image: string | null;
  /** Replicated services: the wanted number; jobs: total completions; global: null. */
  replicas: number | null;
  /** Jobs: iteration that `GET /tasks` elements of the current run carry. */
  jobIteration: number | null;
  /** Docker's own counts (`ServiceStatus`), null when the engine is older than API 1.41. */
  docker: { desiredTasks: number; runningTasks: number; completedTasks: number } | null;
  /** `updating paused completed rollback_started rollback_paused rollback_completed` or null. */
  updateState: string | null;
  updateMessage: string | null;
  reservedNanoCpus: number;
  reservedMemoryBytes: number;
  constraints: string[];
  publishedPorts: PublishedPort[];
  createdAt: string;
  updatedAt: string;
}

/** One element of `GET /tasks`. A task of 1–2.4 KB trims to about 230 B. */
export interface EngineTask {
  id: string;
  serviceId: string;
  /** Replicated: 1…n; global services have none. */
  slot: number | null;
  /** Null while unassigned. */
  nodeId: string | null;
  /** new pending assigned accepted preparing ready starting running complete shutdown failed rejected remove orphaned allocated */
  state: string;
  desiredState: string;
  message: string | null;
  error: string | null;
  exitCode: number | null;
  /** When the state was reached (`Status.Timestamp`), ISO-8601. */
  since: string;
  createdAt: string;
  reservedNanoCpus: number;
  reservedMemoryBytes: number;
  jobIteration: number | null;
}

/** Everything one collection brought home. */
export interface EngineFacts {
  /** Null when `/info` failed or hung: that must not lose the lists. */
  info: EngineInfo | null;
  nodes: EngineNode[];
  services: EngineService[];
  tasks: EngineTask[];
}
