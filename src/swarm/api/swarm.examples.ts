/** Examples for the API documentation; a test holds them against the schemas. */
const at = '2026-11-21T12:00:00.000Z';

export const node = {
  id: 'x1vlk2dn9xk0m5q4tnq1h8z7c',
  hostname: 'node1',
  role: 'manager',
  is_manager: true,
  is_leader: true,
  availability: 'active',
  state: 'ready',
  reachability: 'reachable',
  down_since: null,
  address: '10.0.0.11',
  engine_version: '28.2.2',
  cpu_count: 2,
  memory_gb: 23.54,
  running_tasks: 12,
  unreserved_tasks: 3,
  available_capacity: 18,
  resource_usage: {
    used_cpu_nanos: 200000000,
    used_memory_bytes: 268435456,
    available_cpu_nanos: 1800000000,
    available_memory_bytes: 25007489024,
    used_cpu_percent: 10,
    used_memory_percent: 1.06,
    reserved_cpu_nanos: 200000000,
    reserved_memory_bytes: 268435456,
  },
  labels: { zone: 'a' },
  created_at: at,
  updated_at: at,
};

export const service = {
  id: 'q8m2c1z0r5n9w7y3k6t4b1x2v',
  name: 'shop_web',
  stack: 'shop',
  mode: 'replicated',
  image: 'registry.example.com/shop/web:1.4',
  health: 'degraded',
  reasons: ['2 of 3 tasks run'],
  desired_tasks: 3,
  running_tasks: 2,
  docker_running_tasks: 3,
  completed_tasks: 0,
  restarts_per_hour: 1,
  failures: [{ slot: 2, node: 'node3', at, message: 'task: non-zero exit (1)', exit_code: 1 }],
  truncated: false,
  update_state: null,
  reserved_cpu_nanos: 100000000,
  reserved_memory_bytes: 134217728,
  constraints: ['node.role==worker'],
  published_ports: [{ protocol: 'tcp', target_port: 8080, published_port: 80, publish_mode: 'ingress' }],
  created_at: at,
  updated_at: at,
};

export const task = {
  id: 'h5v9t2k1m8q4x7c3z6n0w2r5b',
  service_id: service.id,
  service_name: 'shop_web',
  slot: 2,
  node_id: null,
  hostname: null,
  state: 'pending',
  desired_state: 'running',
  message: 'pending task scheduling',
  error: 'no suitable node (scheduling constraints not satisfied on 3 nodes)',
  exit_code: null,
  since: at,
};

export const problem = {
  severity: 'critical',
  kind: 'node',
  code: 'node_down',
  reason: 'Node node3 is down: heartbeat failure',
  since: at,
  exit_code: null,
  subject: { id: node.id, name: 'node3' },
};

export const refresh = { job_id: 'swarm.refresh-6a4f0f6e-3e3b-4bb8-9c86-8f6f4a3f9d0a', coalesced: false };

const operations = ['primary_cache_updated', 'backup_cache_updated'];

export const status = {
  swarm_active: true,
  error: null,
  total_nodes: 3,
  total_managers: 1,
  total_workers: 2,
  nodes: [node],
  services_summary: { total: 3, healthy: 1, degraded: 1, flapping: 1 },
  quorum: { managers: 1, reachable: 1, tolerated_failures: 0 },
  warnings: [],
  stale: false,
  age_seconds: 33.2,
  tier: 'primary',
  last_error: null,
  cache_info: {
    cached_at: at,
    cache_ttl: 300,
    cache_key: 'docker_swarm_status',
    source: 'cached',
    cache_hit: true,
    backup_cached: true,
    cache_operations: operations,
  },
  performance_metrics: {
    refresh_duration_seconds: 0.021,
    refresh_timestamp: at,
    cache_operations_count: 2,
    cache_operations: operations,
    backup_cache_available: true,
  },
  _performance: {
    collection_time_seconds: 0.019,
    task_collection_time_seconds: 0.004,
    node_count: 3,
    service_count: 3,
    task_count: 44,
    api_calls: 4,
    cache_used: false,
    timestamp: at,
  },
};

const tier = { exists: true, data_available: true, age_seconds: 33.2 };

export const cache = {
  cache_status: 'available',
  primary_cache: { key: 'docker_swarm_status', ...tier, ttl_seconds: 267 },
  backup_cache: { key: 'docker_swarm_status_backup', ...tier, ttl_seconds: 1767 },
  hits: { primary: 120, backup: 0, memory: 0, miss: 0, backup_percent: 0, miss_percent: 0 },
  refresh: {
    last_success_at: at,
    last_attempt_at: at,
    last_error: null,
    consecutive_failures: 0,
    duration_seconds: 0.02,
  },
  recommendations: ['Cache is healthy and operating normally'],
};
