import type { GroupKey, Scope } from '../engine/rule.js';
import type { Severity } from '../severity.js';

/** A rule that every installation begins with. People may change, disable and delete it. */
export interface DefaultRule {
  /** Never changes: by it an installation knows what it had once. */
  key: string;
  name: string;
  description: string;
  severity: Severity;
  scope: Scope;
  expression: string;
  /** Absent: it fires at once. */
  forSeconds?: number;
  /** Absent: it ends when the condition does not hold any more. */
  recovery?: string;
  recoveryForSeconds?: number;
  groupBy: GroupKey[];
  message: string;
}

type Told = Omit<DefaultRule, 'scope' | 'groupBy'>;

const ofDevices = (rule: Told): DefaultRule => ({
  ...rule,
  scope: { kind: 'devices', selector: { all: true } },
  groupBy: ['site'],
});
const ofSwarm = (rule: Told): DefaultRule => ({ ...rule, scope: { kind: 'swarm' }, groupBy: ['rule'] });
const ofSelf = (rule: Told): DefaultRule => ({ ...rule, scope: { kind: 'self' }, groupBy: ['rule'] });

const DEVICES = [
  ofDevices({
    key: 'device_down',
    name: 'Device down',
    description: 'A device has not answered for a minute, counted from the first probe that failed.',
    severity: 'critical',
    expression: 'device.down_seconds >= 60',
    // A clock that is set back makes an outage shorter, but ends none.
    recovery: 'device.down_seconds == 0',
    message: '{{target}} is down',
  }),
  ofDevices({
    key: 'device_loss',
    name: 'Packet loss',
    description:
      'More than a fifth of the packets of 5 minutes were lost, of a device that has been up for as long: an outage is no loss.',
    severity: 'high',
    expression: 'avg(icmp.loss_percent, 5m) > 20 and device.up_seconds >= 300',
    recovery: 'avg(icmp.loss_percent, 5m) < 5',
    message: '{{target}} loses {{value}} % of its packets',
  }),
  ofDevices({
    key: 'device_rtt',
    name: 'Slow answers',
    description: 'The mean round trip of 5 minutes is over 200 ms.',
    severity: 'medium',
    expression: 'avg(icmp.rtt_ms, 5m) > 200',
    recovery: 'avg(icmp.rtt_ms, 5m) < 150',
    message: '{{target}} answers within {{value}} ms on average',
  }),
  ofDevices({
    key: 'device_flapping',
    name: 'Device flapping',
    description:
      'A device changes between answering and failing again and again. Its other alerts wait until it has calmed down.',
    severity: 'high',
    expression: 'device.flapping == 1',
    message: '{{target}} goes up and down again and again',
  }),
];

const SWARM = [
  ofSwarm({
    key: 'swarm_node_down',
    name: 'Swarm node down',
    description: 'Docker has not heard of a node.',
    severity: 'critical',
    expression: 'swarm.node_down == 1',
    message: 'The node {{target}} is down',
  }),
  ofSwarm({
    key: 'swarm_service_under_replicated',
    name: 'Service under-replicated',
    description: 'Fewer tasks of a service run than are wanted, for 2 minutes.',
    severity: 'high',
    expression: 'swarm.service_missing_replicas > 0',
    forSeconds: 120,
    message: '{{target}} misses {{value}} of its tasks',
  }),
  ofSwarm({
    key: 'swarm_service_flapping',
    name: 'Service flapping',
    description: 'A task of a service fails again and again.',
    severity: 'high',
    expression: 'swarm.service_flapping == 1',
    recoveryForSeconds: 120,
    message: 'Tasks of {{target}} fail again and again',
  }),
  ofSwarm({
    key: 'swarm_update_failed',
    name: 'Service update failed',
    description: 'The last update of a service was paused or rolled back.',
    severity: 'high',
    expression: 'swarm.update_failed == 1',
    message: 'The update of {{target}} failed',
  }),
  ofSwarm({
    key: 'swarm_collection_slow',
    name: 'Swarm collection slow',
    description: "Docker's answers to a refresh of the swarm take more than 3 s.",
    severity: 'medium',
    expression: 'swarm.collection_seconds > 3',
    message: 'Docker takes {{value}} s to answer',
  }),
  ofSwarm({
    key: 'swarm_refresh_slow',
    name: 'Swarm refresh slow',
    description: 'A refresh of the swarm takes more than 10 s in all.',
    severity: 'medium',
    expression: 'swarm.refresh_seconds > 10',
    message: 'Refreshing the swarm takes {{value}} s',
  }),
  ofSwarm({
    key: 'swarm_refresh_failing',
    name: 'Swarm refresh failing',
    description:
      'Three refreshes of the swarm in a row have failed, and none since has not: what is shown of it is old.',
    severity: 'high',
    expression: 'swarm.refresh_failures >= 3',
    // The count goes on after a restart: the first refresh then, which may be too early for Docker, is not enough. Until the one after it.
    forSeconds: 120,
    message: 'The swarm could not be refreshed {{value}} times in a row',
  }),
  ofSwarm({
    key: 'swarm_cache_miss',
    name: 'Swarm cache misses',
    description: 'No tier of the cache had the picture of the swarm for more than half of the reads.',
    severity: 'medium',
    expression: 'swarm.miss_percent > 50',
    message: '{{value}} % of the reads of the swarm found nothing in the cache',
  }),
  ofSwarm({
    key: 'swarm_backup_used',
    name: 'Swarm served from the backup',
    description: 'More than half of the reads of the swarm were answered by the backup tier of the cache.',
    severity: 'medium',
    expression: 'swarm.backup_source_percent > 50',
    message: '{{value}} % of the reads of the swarm were answered by the backup',
  }),
];

/** Longer than processes take to come back after a restart, and than one sample that went wrong. */
const STEADY_SECONDS = 30;

const SELF = [
  ofSelf({
    key: 'redis_down',
    name: 'Redis down',
    description: 'Redis does not answer. The cache goes on in the memory of each process.',
    severity: 'high',
    expression: 'self.redis_up == 0',
    forSeconds: STEADY_SECONDS,
    message: 'Redis does not answer',
  }),
  ofSelf({
    key: 'workers_gone',
    name: 'No worker',
    description: 'No worker is alive: nothing is probed, collected or cleaned up.',
    severity: 'critical',
    expression: 'self.workers == 0',
    forSeconds: STEADY_SECONDS,
    message: 'No worker is alive',
  }),
  ofSelf({
    key: 'workers_short',
    name: 'Too few workers',
    description:
      'Live workers can run fewer jobs at once than SWARMWARD_WORKERS_MIN, or than half of SWARMWARD_WORKERS_EXPECTED.',
    severity: 'high',
    expression: 'self.workers_short > 0 and self.workers > 0',
    forSeconds: 60,
    message: '{{value}} workers are missing',
  }),
  ofSelf({
    key: 'queue_down',
    name: 'Job queue does not answer',
    description: 'The tables of the job queue are locked, or the Redis that holds it is away.',
    severity: 'high',
    expression: 'self.queue_up == 0',
    forSeconds: 60,
    message: 'The job queue does not answer',
  }),
  ofSelf({
    key: 'queue_long',
    name: 'Job queue long',
    description: 'More than 1000 jobs wait in a queue, or its oldest job has waited for more than a minute.',
    severity: 'high',
    expression: 'self.queue_length > 1000 or self.queue_oldest_seconds > 60',
    message: 'Jobs of the queue {{target}} wait too long',
  }),
  ofSelf({
    key: 'queue_stuck',
    name: 'Job queue stuck',
    description: 'More than 5000 jobs wait in a queue, or its oldest job has waited for more than 5 minutes.',
    severity: 'critical',
    expression: 'self.queue_length > 5000 or self.queue_oldest_seconds > 300',
    message: 'The queue {{target}} is stuck',
  }),
  ofSelf({
    key: 'endpoint_errors',
    name: 'API errors rising',
    description: 'More than 5 % of the requests of the last 5 minutes were answered with a 5xx.',
    severity: 'high',
    expression: 'self.endpoint_error_percent > 5',
    forSeconds: STEADY_SECONDS,
    recovery: 'self.endpoint_error_percent < 2',
    message: '{{value}} % of the requests to the API fail',
  }),
  ofSelf({
    key: 'docker_down',
    name: 'Docker down',
    description: 'Refreshing the swarm does not reach the Docker Engine.',
    severity: 'high',
    expression: 'self.docker_up == 0',
    forSeconds: STEADY_SECONDS,
    message: 'Docker does not answer',
  }),
  ofSelf({
    key: 'victoriametrics_down',
    name: 'VictoriaMetrics down',
    description: 'VictoriaMetrics does not answer.',
    severity: 'high',
    expression: 'self.victoriametrics_up == 0',
    forSeconds: STEADY_SECONDS,
    message: 'VictoriaMetrics does not answer',
  }),
  ofSelf({
    key: 'disk_low',
    name: 'Disk nearly full',
    description: 'Less than a fifth of the disk is free.',
    severity: 'high',
    expression: 'self.disk_free_percent < 20',
    recovery: 'self.disk_free_percent > 22',
    message: '{{value}} % of the disk is free',
  }),
  ofSelf({
    key: 'disk_full',
    name: 'Disk full',
    description: 'Less than a tenth of the disk is free: PostgreSQL stops when nothing is.',
    severity: 'critical',
    expression: 'self.disk_free_percent < 10',
    recovery: 'self.disk_free_percent > 11',
    message: '{{value}} % of the disk is free',
  }),
  ofSelf({
    key: 'partition_missing',
    name: 'Partition missing',
    description: "Today's or tomorrow's partition of a table of history is missing: it cannot be written then.",
    severity: 'high',
    expression: 'self.partition_missing > 0',
    // At midnight, while the job that makes it runs.
    forSeconds: 60,
    message: '{{value}} partitions for today or tomorrow are missing',
  }),
  ofSelf({
    key: 'deliveries_failed',
    name: 'Notifications not delivered',
    description:
      'A notification was given up within the last day: its receiver refused it, or could not be reached for a day. GET /api/v1/deliveries?state=failed lists them.',
    severity: 'high',
    expression: 'self.failed_deliveries > 0',
    message: 'Notifications that could not be delivered within the last day: {{value}}',
  }),
  ofSelf({
    key: 'alerts_many',
    name: 'Too many open alerts',
    description: 'More than 45000 alerts are open. At 50000 no more are opened but worse ones.',
    severity: 'high',
    expression: 'self.open_alerts > 45000',
    recovery: 'self.open_alerts < 40000',
    message: '{{value}} alerts are open',
  }),
  ofSelf({
    key: 'sources_failed',
    name: 'Alert rules not judged',
    description:
      'Values that rules ask for cannot be read, such as what probes found: those rules see nothing. The log says why.',
    severity: 'critical',
    expression: 'self.sources_failed > 0',
    forSeconds: 60,
    message: '{{value}} sources of values cannot be read: rules that ask for theirs are not judged',
  }),
  ofSelf({
    key: 'rule_broken',
    name: 'Alert rule broken',
    description: 'A rule was switched off since evaluating it failed. Its `broken_reason` says why.',
    severity: 'high',
    expression: 'self.rule_broken == 1',
    message: 'The rule {{target}} is broken and was switched off',
  }),
];

/** Every rule that is installed by default. */
export const DEFAULT_RULES: readonly DefaultRule[] = [...DEVICES, ...SWARM, ...SELF];
