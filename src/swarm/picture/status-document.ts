import { ageSeconds, isStale, type SwarmReading } from './reading.js';
import { SERVICE_HEALTHS, type SwarmNode, type SwarmPicture, type SwarmWarning } from './swarm-picture.js';
import { cacheOperations, PRIMARY, SOURCE_OF_TIER } from './tiers.js';

/** The three degraded forms of the contract. */
export const DOCKER_UNAVAILABLE = 'Docker unavailable';
export const CACHE_UNAVAILABLE = 'Docker Swarm status unavailable - cache not accessible';

const NO_SERVICES = Object.fromEntries(['total', ...SERVICE_HEALTHS].map((word) => [word, 0]));

/** `data` of `GET /api/v1/status/swarm`, in wire form: this document is the contract, so it is written out once, here. */
export function statusDocument(reading: SwarmReading, now: Date, refreshSeconds: number) {
  const { picture, refresh } = reading;
  const age = ageSeconds(reading, now);
  const nodes = picture?.nodes ?? [];
  return {
    swarm_active: picture?.swarmActive ?? false,
    error: picture ? picture.error : refresh.lastError ? DOCKER_UNAVAILABLE : CACHE_UNAVAILABLE,
    total_nodes: nodes.length,
    total_managers: nodes.filter((node) => node.isManager).length,
    total_workers: nodes.filter((node) => !node.isManager).length,
    nodes: nodes.map(nodeDocument),
    services_summary: picture?.servicesSummary ?? NO_SERVICES,
    quorum: {
      managers: picture?.quorum.managers ?? 0,
      reachable: picture?.quorum.reachable ?? 0,
      tolerated_failures: picture?.quorum.toleratedFailures ?? 0,
    },
    warnings: warnings(picture, reading),
    stale: isStale(reading, now, refreshSeconds),
    age_seconds: age === null ? null : round(age, 1),
    tier: reading.tier,
    last_error: refresh.lastError,
    cache_info: {
      cached_at: reading.cachedAt,
      cache_ttl: PRIMARY.ttlSeconds,
      cache_key: PRIMARY.key,
      source: SOURCE_OF_TIER[reading.tier],
      cache_hit: reading.tier === 'primary' || reading.tier === 'backup',
      backup_cached: reading.backupCached,
      cache_operations: cacheOperations(reading),
    },
    performance_metrics: performanceMetrics(picture, reading),
    _performance: collectionPerformance(picture),
  };
}
export type StatusDocument = ReturnType<typeof statusDocument>;

/** The document without what merely passes with time: what its ETag is made of. */
export function truthOf(document: StatusDocument): unknown {
  return { ...document, age_seconds: undefined };
}

export function nodeDocument(node: SwarmNode) {
  const usage = node.resourceUsage;
  return {
    id: node.id,
    hostname: node.hostname,
    role: node.role,
    is_manager: node.isManager,
    is_leader: node.isLeader,
    availability: node.availability,
    state: node.state,
    reachability: node.reachability,
    down_since: node.downSince,
    address: node.address,
    engine_version: node.engineVersion,
    cpu_count: node.cpuCount,
    memory_gb: node.memoryGb,
    running_tasks: node.runningTasks,
    unreserved_tasks: node.unreservedTasks,
    available_capacity: node.availableCapacity,
    resource_usage: {
      used_cpu_nanos: usage.usedCpuNanos,
      used_memory_bytes: usage.usedMemoryBytes,
      available_cpu_nanos: usage.availableCpuNanos,
      available_memory_bytes: usage.availableMemoryBytes,
      used_cpu_percent: usage.usedCpuPercent,
      used_memory_percent: usage.usedMemoryPercent,
      reserved_cpu_nanos: usage.reservedCpuNanos,
      reserved_memory_bytes: usage.reservedMemoryBytes,
    },
    labels: node.labels,
    created_at: node.createdAt,
    updated_at: node.updatedAt,
  };
}

/** `performance_metrics` of the status, and what the tier `docker_swarm_performance` holds. */
export function performanceMetrics(
  picture: SwarmPicture | null,
  cached: { primaryCached: boolean; backupCached: boolean },
) {
  const operations = cacheOperations(cached);
  return {
    refresh_duration_seconds: picture ? round(picture.refreshDurationSeconds, 3) : null,
    refresh_timestamp: picture?.collectedAt ?? null,
    cache_operations_count: operations.length,
    cache_operations: operations,
    backup_cache_available: cached.backupCached,
  };
}

function collectionPerformance(picture: SwarmPicture | null) {
  const collection = picture?.collection;
  return {
    collection_time_seconds: collection ? round(collection.collectionTimeSeconds, 3) : null,
    task_collection_time_seconds: collection ? round(collection.taskCollectionTimeSeconds, 3) : null,
    node_count: collection?.nodeCount ?? 0,
    service_count: collection?.serviceCount ?? 0,
    task_count: collection?.taskCount ?? 0,
    api_calls: collection?.apiCalls ?? 0,
    cache_used: collection?.cacheUsed ?? false,
    timestamp: picture?.collectedAt ?? null,
  };
}

function warnings(picture: SwarmPicture | null, { refresh }: SwarmReading): SwarmWarning[] {
  const own = picture?.warnings ?? [];
  if (!refresh.lastError) return own;
  const failing = {
    code: refresh.lastErrorCode ?? 'refresh_failed',
    detail: refresh.lastError,
    subject: { consecutive_failures: refresh.consecutiveFailures },
  };
  return [failing, ...own];
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
