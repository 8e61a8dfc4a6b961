import type { MetricDefinition, TargetKind } from '../../metrics/metric.js';

type Told = Pick<MetricDefinition, 'unit' | 'description' | 'range'> & { target?: TargetKind };

/** What is known of the installation itself. One that is not listed here cannot be measured yet. */
const SELF = {
  endpoint_error_percent: {
    unit: 'percent',
    description:
      'Requests to the API that were answered with a 5xx, of those of the last 5 minutes; 0 while there were fewer than 20.',
  },
  slow_queries: {
    unit: null,
    description:
      'SQL statements of the last 5 minutes that took longer than SWARMWARD_SLOW_QUERY_MS or were cancelled.',
  },
  cpu_percent: {
    unit: 'percent',
    range: [0, 100_000],
    description: 'CPU of the process that uses most; 100 is one core.',
  },
  memory_percent: { unit: 'percent', description: 'Memory of the process that uses most, of what it may have.' },
  cache_miss_percent: {
    unit: 'percent',
    description:
      'Questions that the cache could not answer, of those of the last 5 minutes; 0 while there were fewer than 20.',
  },
  db_pool_waiting: {
    unit: null,
    description: 'Callers that wait for a connection to PostgreSQL, in the process where most do.',
  },
  workers: {
    unit: null,
    description:
      'Jobs that all live workers together can run at once. Unknown for a minute after a start, until as many as asked for are there.',
  },
  workers_short: {
    unit: null,
    description:
      'How many of these are missing to SWARMWARD_WORKERS_MIN and to half of SWARMWARD_WORKERS_EXPECTED; 0 when none.',
  },
  queue_up: { unit: '1 or 0', description: 'Whether the job queue answers.' },
  queue_length: { target: 'queue', unit: null, description: 'Jobs that wait in a queue.' },
  queue_oldest_seconds: {
    target: 'queue',
    unit: 'seconds',
    description: 'For how long the oldest job that waits in a queue has been due; 0 when none waits.',
  },
  failed_jobs: { unit: null, description: 'Jobs that failed for good and are still kept.' },
  failed_deliveries: { unit: null, description: 'Deliveries of notifications that were given up within a day.' },
  dead_letters: { unit: null, description: 'Failed jobs and failed deliveries together.' },
  outbox_oldest_seconds: {
    unit: 'seconds',
    description: 'For how long the oldest transition of an alert has waited for the dispatcher; 0 when none waits.',
  },
  open_alerts: { unit: null, description: 'Alerts that are pending or firing. There are at most 50000.' },
  sources_failed: {
    unit: null,
    description:
      'Sources of values that could not be read: rules that ask for theirs are not judged, their alerts stay as they are.',
  },
  redis_up: { unit: '1 or 0', description: 'Whether Redis answers. Only with REDIS_URL.' },
  docker_up: {
    unit: '1 or 0',
    description: 'Whether the last refresh of the swarm reached Docker. Only where a swarm was seen once.',
  },
  victoriametrics_up: {
    unit: '1 or 0',
    description: 'Whether VictoriaMetrics answers. Only with VICTORIAMETRICS_URL.',
  },
  skipped_cycles: {
    unit: null,
    description: 'Cycles of the last 5 minutes that were not done: late, overlapping, or nobody ran them.',
  },
  cycle_lag_seconds: {
    unit: 'seconds',
    description:
      'For how long the cycle that is overdue most has been: since one interval after the last one; 0 when none is.',
  },
  partition_missing: {
    unit: null,
    description: 'Partitions for today and tomorrow that are not there: history cannot be written without them.',
  },
  disk_free_percent: {
    unit: 'percent',
    description:
      'Free space of the disk with the data of the embedded PostgreSQL, otherwise of the one that the scheduler runs on.',
  },
  rule_broken: {
    target: 'rule',
    unit: '1 or 0',
    description: '1 for a rule that was switched off since evaluating it failed.',
  },
} as const satisfies Record<string, Told>;

export type SelfMetricName = `self.${keyof typeof SELF}`;

/** Their definitions, for the catalogue. */
export const SELF_METRICS: readonly MetricDefinition[] = Object.entries<Told>(SELF).map(
  ([name, { target = 'self', ...told }]) => ({
    name: `self.${name}`,
    target,
    ...told,
    aggregations: ['last'],
    longestWindowSeconds: null,
    hasHistory: false,
  }),
);
