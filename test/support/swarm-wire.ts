import { SERVICE_HEALTHS, type ServiceHealth } from '../../src/swarm/picture/swarm-picture.js';

/** The contract's answers about the swarm, as far as tests read them. */
export interface WireNode {
  id: string;
  hostname: string;
  role: string;
  is_manager: boolean;
  is_leader: boolean;
  availability: string;
  state: string;
  down_since: string | null;
  engine_version: string;
  cpu_count: number;
  memory_gb: number;
  running_tasks: number;
  unreserved_tasks: number;
  available_capacity: number;
  resource_usage: { reserved_cpu_nanos: number; reserved_memory_bytes: number; available_cpu_nanos: number };
  labels: Record<string, string>;
}
export interface WireService {
  id: string;
  name: string;
  stack: string | null;
  mode: string;
  image: string;
  health: ServiceHealth;
  reasons: string[];
  desired_tasks: number;
  running_tasks: number;
  docker_running_tasks: number;
  completed_tasks: number;
  restarts_per_hour: number;
  failures: { slot: number | null; node: string | null; message: string | null; exit_code: number | null }[];
  update_state: string | null;
}
export interface WireTask {
  id: string;
  service_name: string | null;
  node_id: string | null;
  hostname: string | null;
  state: string;
  desired_state: string;
  error: string | null;
}
export interface WireProblem {
  severity: string;
  kind: string;
  code: string;
  reason: string;
  since: string | null;
  exit_code: number | null;
  subject: { id: string | null; name: string | null };
}
export interface WireStatus {
  total_nodes: number;
  total_managers: number;
  total_workers: number;
  nodes: WireNode[];
  services_summary: Record<ServiceHealth | 'total', number>;
  quorum: { managers: number; reachable: number; tolerated_failures: number };
  stale: boolean;
  last_error: string | null;
  _performance: { service_count: number; timestamp: string };
}

type Shape = { [key: string]: Shape } | [Shape] | 'value' | 'map';
const values = (...keys: string[]): Record<string, Shape> => Object.fromEntries(keys.map((key) => [key, 'value']));

const node: Shape = {
  ...values('id', 'hostname', 'role', 'is_manager', 'is_leader', 'availability', 'state', 'reachability', 'down_since'),
  ...values('address', 'engine_version', 'cpu_count', 'memory_gb', 'running_tasks', 'unreserved_tasks'),
  ...values('available_capacity', 'created_at', 'updated_at'),
  labels: 'map',
  resource_usage: {
    ...values('used_cpu_nanos', 'used_memory_bytes', 'available_cpu_nanos', 'available_memory_bytes'),
    ...values('used_cpu_percent', 'used_memory_percent', 'reserved_cpu_nanos', 'reserved_memory_bytes'),
  },
};
const service: Shape = {
  ...values('id', 'name', 'stack', 'mode', 'image', 'health', 'desired_tasks', 'running_tasks', 'docker_running_tasks'),
  ...values('completed_tasks', 'restarts_per_hour', 'truncated', 'update_state', 'reserved_cpu_nanos'),
  ...values('reserved_memory_bytes', 'created_at', 'updated_at'),
  reasons: ['value'],
  constraints: ['value'],
  failures: [values('slot', 'node', 'at', 'message', 'exit_code')],
  published_ports: [values('protocol', 'target_port', 'published_port', 'publish_mode')],
};
const task: Shape = {
  ...values('id', 'service_id', 'service_name', 'slot', 'node_id', 'hostname', 'state', 'desired_state', 'message'),
  ...values('error', 'exit_code', 'since'),
};
const problem: Shape = {
  ...values('severity', 'kind', 'code', 'reason', 'since', 'exit_code'),
  subject: values('id', 'name'),
};
const status: Shape = {
  ...values('swarm_active', 'error', 'total_nodes', 'total_managers', 'total_workers', 'stale', 'age_seconds', 'tier'),
  ...values('last_error'),
  nodes: [node],
  services_summary: values('total', ...SERVICE_HEALTHS),
  quorum: values('managers', 'reachable', 'tolerated_failures'),
  warnings: [{ ...values('code', 'detail'), subject: 'map' }],
  cache_info: {
    ...values('cached_at', 'cache_ttl', 'cache_key', 'source', 'cache_hit', 'backup_cached'),
    cache_operations: ['value'],
  },
  performance_metrics: {
    ...values('refresh_duration_seconds', 'refresh_timestamp', 'cache_operations_count', 'backup_cache_available'),
    cache_operations: ['value'],
  },
  _performance: {
    ...values('collection_time_seconds', 'task_collection_time_seconds', 'node_count', 'service_count', 'task_count'),
    ...values('api_calls', 'cache_used', 'timestamp'),
  },
};
const tier: Shape = values('key', 'exists', 'ttl_seconds', 'data_available', 'age_seconds');
const cache: Shape = {
  cache_status: 'value',
  primary_cache: tier,
  backup_cache: tier,
  hits: values('primary', 'backup', 'memory', 'miss', 'backup_percent', 'miss_percent'),
  refresh: values('last_success_at', 'last_attempt_at', 'last_error', 'consecutive_failures', 'duration_seconds'),
  recommendations: ['value'],
};
const list = (element: Shape): Shape => ({ data: [element], page: values('limit', 'next_cursor', 'total') });

/** Every key of every answer, written out from the contract and not taken from the code. */
export const SWARM_SHAPES: Record<string, Shape> = {
  '': { data: status },
  '/cache': { data: cache },
  '/nodes': list(node),
  '/services': list(service),
  '/services/web': { data: service },
  '/tasks': list(task),
  '/problems': list(problem),
};

/** Where an answer departs from its shape: keys that are missing or too many, objects that are none. */
export function departures(value: unknown, shape: Shape, path = '$'): string[] {
  if (shape === 'value') return typeof value === 'object' && value !== null ? [`${path} is no plain value`] : [];
  if (typeof value !== 'object' || value === null) return [`${path} is ${String(value)}`];
  if (shape === 'map') return [];
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((element, index) => departures(element, shape[0], `${path}[${index}]`));
  }
  const missing = Object.keys(shape).filter((key) => !(key in value));
  const unknown = Object.keys(value).filter((key) => !(key in shape));
  return [
    ...missing.map((key) => `${path}.${key} is missing`),
    ...unknown.map((key) => `${path}.${key} is unknown`),
    ...Object.entries(value)
      .filter(([key]) => key in shape)
      .flatMap(([key, inner]) => departures(inner, shape[key]!, `${path}.${key}`)),
  ];
}
