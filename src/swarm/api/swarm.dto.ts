import { z } from 'zod';
import { SERVICE_HEALTHS } from '../picture/swarm-picture.js';

/** The wire's shapes, for OpenAPI. What is sent is built in `status-document.ts` and `swarm-documents.ts`. */
const count = z.int().nonnegative();
const bytes = z.number().nonnegative();
const time = z.iso.datetime({ offset: true }).describe('ISO-8601, UTC');
const text = z.string();

export const nodeSchema = z.object({
  id: text,
  hostname: text,
  role: z.enum(['manager', 'worker']),
  is_manager: z.boolean(),
  is_leader: z.boolean(),
  availability: z.enum(['active', 'pause', 'drain']),
  state: z.enum(['ready', 'down', 'disconnected', 'unknown']),
  reachability: text.nullable().describe('Managers only'),
  down_since: time.nullable().describe('When it was first seen down'),
  address: text.nullable(),
  engine_version: text.nullable(),
  cpu_count: z.number(),
  memory_gb: z.number().describe('GiB'),
  running_tasks: count.describe('Running, wanted to run, on a node that is not down'),
  unreserved_tasks: count.describe('Live tasks that reserve neither CPU nor memory'),
  available_capacity: count.describe('How many tasks of the configured size still fit; 0 unless ready and active'),
  resource_usage: z
    .object({
      used_cpu_nanos: bytes,
      used_memory_bytes: bytes,
      available_cpu_nanos: bytes,
      available_memory_bytes: bytes,
      used_cpu_percent: z.number(),
      used_memory_percent: z.number(),
      reserved_cpu_nanos: bytes,
      reserved_memory_bytes: bytes,
    })
    .describe('What the scheduler has promised to tasks; `used_*` are aliases of `reserved_*`'),
  labels: z.record(z.string(), z.string()),
  created_at: time,
  updated_at: time,
});

const failureSchema = z.object({
  slot: z.int().nullable(),
  node: text.nullable(),
  at: time,
  message: text.nullable(),
  exit_code: z.int().nullable(),
});

export const serviceSchema = z.object({
  id: text,
  name: text,
  stack: text.nullable(),
  mode: z.enum(['replicated', 'global', 'replicated-job', 'global-job']),
  image: text.nullable(),
  health: z.enum(SERVICE_HEALTHS),
  reasons: z.array(text).describe('Why it is judged so; empty when healthy'),
  desired_tasks: count,
  running_tasks: count.describe('Running, wanted to run, on a node that is not down'),
  docker_running_tasks: count.nullable().describe('Docker’s own count, which overcounts after a node dies'),
  completed_tasks: count,
  restarts_per_hour: z.number(),
  failures: z.array(failureSchema).describe('Newest first, bounded'),
  truncated: z.boolean().describe('Docker’s history was full: there may have been more failures'),
  update_state: text.nullable(),
  reserved_cpu_nanos: bytes.describe('Of one task'),
  reserved_memory_bytes: bytes.describe('Of one task'),
  constraints: z.array(text),
  published_ports: z.array(
    z.object({ protocol: text, target_port: z.int(), published_port: z.int(), publish_mode: text }),
  ),
  created_at: time,
  updated_at: time,
});

export const taskSchema = z.object({
  id: text,
  service_id: text,
  service_name: text.nullable(),
  slot: z.int().nullable(),
  node_id: text.nullable(),
  hostname: text.nullable(),
  state: text,
  desired_state: text,
  message: text.nullable(),
  error: text.nullable(),
  exit_code: z.int().nullable(),
  since: time,
});

export const problemSchema = z.object({
  severity: z.enum(['critical', 'warning']),
  kind: z.enum(['node', 'service', 'task', 'quorum']),
  code: text,
  reason: text,
  since: time.nullable(),
  exit_code: z.int().nullable(),
  subject: z.object({ id: text.nullable(), name: text.nullable() }),
});

export const statusSchema = z.object({
  swarm_active: z.boolean(),
  error: text.nullable(),
  total_nodes: count,
  total_managers: count,
  total_workers: count,
  nodes: z.array(nodeSchema),
  services_summary: z.record(z.string(), count).describe('`total`, and one number per health'),
  quorum: z.object({ managers: count, reachable: count, tolerated_failures: count }),
  warnings: z.array(z.object({ code: text, detail: text, subject: z.record(z.string(), z.unknown()) })),
  stale: z.boolean().describe('The last refresh failed, or none has come for too long'),
  age_seconds: z.number().nullable(),
  tier: z.enum(['primary', 'backup', 'memory', 'database', 'unavailable']),
  last_error: text.nullable(),
  cache_info: z.object({
    cached_at: time.nullable(),
    cache_ttl: count,
    cache_key: text,
    source: text,
    cache_hit: z.boolean(),
    backup_cached: z.boolean(),
    cache_operations: z.array(text),
  }),
  performance_metrics: z.object({
    refresh_duration_seconds: z.number().nullable(),
    refresh_timestamp: time.nullable(),
    cache_operations_count: count,
    cache_operations: z.array(text),
    backup_cache_available: z.boolean(),
  }),
  _performance: z.object({
    collection_time_seconds: z.number().nullable(),
    task_collection_time_seconds: z.number().nullable(),
    node_count: count,
    service_count: count,
    task_count: count,
    api_calls: count,
    cache_used: z.boolean(),
    timestamp: time.nullable(),
  }),
});

const tierSchema = z.object({
  key: text,
  exists: z.boolean(),
  ttl_seconds: z.number().nullable(),
  data_available: z.boolean(),
  age_seconds: z.number().nullable(),
});

export const cacheSchema = z.object({
  cache_status: z.enum(['available', 'degraded', 'unavailable']),
  primary_cache: tierSchema,
  backup_cache: tierSchema,
  hits: z.object({
    primary: count,
    backup: count,
    memory: count,
    miss: count,
    backup_percent: z.number(),
    miss_percent: z.number(),
  }),
  refresh: z.object({
    last_success_at: time.nullable(),
    last_attempt_at: time.nullable(),
    last_error: text.nullable(),
    consecutive_failures: count,
    duration_seconds: z.number().nullable(),
  }),
  recommendations: z.array(text),
});

export const refreshSchema = z.object({
  job_id: text,
  coalesced: z.boolean().describe('True when a refresh that waits or runs already answers this request'),
});
