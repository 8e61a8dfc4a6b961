import { z } from 'zod';
import type { QueueName } from '../config/settings.schema.js';

/** How many finished jobs stay readable: until they are older than `ageSeconds`, never more than `count`. */
export interface JobRetention {
  ageSeconds: number;
  count: number;
}

/** Everything the queue must know about one kind of job. */
export interface JobDefinition<Payload extends z.ZodType = z.ZodType> {
  queue: QueueName;
  /** A `z.strictObject`: checked when the job is enqueued and again before it runs, because another version may have enqueued it. */
  payload: Payload;
  /** How often it is tried at most, the first time included. */
  attempts: number;
  /** Pause before the second try; doubles with each further one. */
  backoffMs?: number;
  /** How long one try may take. After it the job's signal is aborted and the try has failed. */
  timeoutMs: number;
  /** `low` waits until no `normal` job of its queue waits. */
  priority: 'normal' | 'low';
  keep: { completed: JobRetention; failed: JobRetention };
  /**
   * A job that begins later than this after it was due is dropped and counted as missed.
   * Jobs of a cycle slot are dropped after their slot's interval in any case.
   */
  maxAgeMs?: number;
  /** Its begin, progress and end are told on the stream. */
  announced?: boolean;
}

const job = <Payload extends z.ZodType>(definition: JobDefinition<Payload>): JobDefinition<Payload> => definition;

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
/** Failed jobs are the dead letters: kept a week for people to read and to retry. */
const keep = {
  completed: { ageSeconds: DAY_SECONDS, count: 1_000 },
  failed: { ageSeconds: 7 * DAY_SECONDS, count: 1_000 },
};
/** For jobs of cycles: their results are in tables, so only a few are kept. */
const briefly = {
  completed: { ageSeconds: HOUR_SECONDS, count: 200 },
  failed: { ageSeconds: DAY_SECONDS, count: 200 },
};
const nothing = z.strictObject({});
/** The longest interval that anything is probed at. */
const LONGEST_INTERVAL_MS = 86_400_000;
const shardOfInterval = z.strictObject({ intervalSeconds: z.int().min(1).max(86_400), shard: z.int().min(0) });

/** Every job there is. A worker refuses to start when one that it takes has not exactly one handler. */
export const jobCatalogue = {
  /** Collects the swarm. One try only: the next slot or event is nearer than any back-off. */
  'swarm.refresh': job({
    queue: 'swarm',
    payload: z.strictObject({
      requestedBy: z.enum(['cron', 'startup', 'event', 'request']),
      /** A collection that started at or after this moment answers the request. */
      requestedAt: z.iso.datetime(),
    }),
    attempts: 1,
    // Up to 24 s for the refresh that runs, 22 s for its own collection, and publishing.
    timeoutMs: 55_000,
    priority: 'normal',
    keep,
  }),
  /** Puts the last picture of the swarm back into cache tiers that lost it. */
  'cache.warm': job({
    queue: 'maintenance',
    payload: nothing,
    attempts: 3,
    backoffMs: 2_000,
    timeoutMs: 30_000,
    priority: 'normal',
    keep,
  }),
  /** Removes what has expired from the caches. */
  'cache.cleanup': job({
    queue: 'maintenance',
    payload: nothing,
    attempts: 3,
    backoffMs: 5_000,
    timeoutMs: 60_000,
    priority: 'low',
    keep,
  }),
  /** Forgets workers that have been dead for a day. */
  'workers.prune': job({
    queue: 'maintenance',
    payload: nothing,
    attempts: 3,
    backoffMs: 5_000,
    timeoutMs: 60_000,
    priority: 'low',
    keep,
  }),
  /** Removes entries of the audit log past their retention. */
  'audit.prune': job({
    queue: 'maintenance',
    payload: nothing,
    attempts: 3,
    backoffMs: 5_000,
    timeoutMs: 120_000,
    priority: 'low',
    keep,
  }),
  /** Probes the ICMP devices of one interval and shard. One try only: the next turn is nearer than any back-off. */
  'ping.cycle': job({
    queue: 'ping',
    payload: shardOfInterval,
    attempts: 1,
    // The runner's own limit is the interval; this is for a runner that does not keep it.
    timeoutMs: LONGEST_INTERVAL_MS,
    priority: 'normal',
    keep: briefly,
  }),
  /** The same for TCP and HTTP devices. */
  'checks.cycle': job({
    queue: 'checks',
    payload: shardOfInterval,
    attempts: 1,
    timeoutMs: LONGEST_INTERVAL_MS,
    priority: 'normal',
    keep: briefly,
  }),
  /** Polls the SNMP items of one interval and shard. */
  'snmp.poll': job({
    queue: 'snmp',
    payload: shardOfInterval,
    attempts: 1,
    timeoutMs: LONGEST_INTERVAL_MS,
    priority: 'normal',
    keep: briefly,
  }),
  /** Somebody wants to know now: probes one device and keeps what the driver heard. */
  'device.check': job({
    queue: 'on-demand',
    payload: z.strictObject({ deviceId: z.uuid() }),
    attempts: 1,
    timeoutMs: 60_000,
    priority: 'normal',
    keep,
    announced: true,
  }),
  /** Looks for what answers in a subnet. Adds nothing to the inventory. */
  'discovery.scan': job({
    queue: 'on-demand',
    payload: z.strictObject({
      cidr: z.string().max(50),
      /** Ports to try on addresses that answer. */
      ports: z.array(z.int().min(1).max(65_535)).max(16),
      snmpCredentialId: z.uuid().nullable(),
    }),
    attempts: 1,
    timeoutMs: 600_000,
    priority: 'low',
    keep,
    announced: true,
  }),
  /** Adds up finished buckets of raw results. */
  'rollups.run': job({
    queue: 'maintenance',
    payload: nothing,
    attempts: 1,
    timeoutMs: 1_800_000,
    priority: 'normal',
    keep,
  }),
  /** Makes the partitions of the days ahead. */
  'partitions.ensure': job({
    queue: 'maintenance',
    payload: nothing,
    attempts: 5,
    backoffMs: 10_000,
    timeoutMs: 120_000,
    priority: 'normal',
    keep,
  }),
  /** Drops the history past its retention. */
  'pings.cleanup': job({
    queue: 'maintenance',
    payload: nothing,
    attempts: 5,
    backoffMs: 60_000,
    timeoutMs: 600_000,
    priority: 'normal',
    keep,
  }),
  /** Refreshes the planner's statistics of hot tables. */
  'tables.analyze': job({
    queue: 'maintenance',
    payload: nothing,
    attempts: 2,
    backoffMs: 60_000,
    timeoutMs: 600_000,
    priority: 'low',
    keep,
  }),
  /** Forgets cycles and misses past their retention. */
  'cycles.prune': job({
    queue: 'maintenance',
    payload: nothing,
    attempts: 3,
    backoffMs: 5_000,
    timeoutMs: 120_000,
    priority: 'low',
    keep,
  }),
  /** Forgets alerts, silences and deliveries past their retention. */
  'alerts.prune': job({
    queue: 'maintenance',
    payload: nothing,
    attempts: 3,
    backoffMs: 5_000,
    timeoutMs: 300_000,
    priority: 'low',
    keep,
  }),
} as const satisfies Record<string, JobDefinition>;

export type JobName = keyof typeof jobCatalogue;
export type JobPayload<Name extends JobName> = z.output<(typeof jobCatalogue)[Name]['payload']>;

/** The catalogue as a dependency, so that tests can shorten its times. */
export abstract class JobCatalogue {}
export interface JobCatalogue {
  readonly [name: string]: JobDefinition;
}
