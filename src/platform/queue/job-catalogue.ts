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
}

const job = <Payload extends z.ZodType>(definition: JobDefinition<Payload>): JobDefinition<Payload> => definition;

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
/** Failed jobs are the dead letters: kept a week for people to read and to retry. */
const keep = {
  completed: { ageSeconds: DAY_SECONDS, count: 1_000 },
  failed: { ageSeconds: 7 * DAY_SECONDS, count: 1_000 },
};
const nothing = z.strictObject({});

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
} as const satisfies Record<string, JobDefinition>;

export type JobName = keyof typeof jobCatalogue;
export type JobPayload<Name extends JobName> = z.output<(typeof jobCatalogue)[Name]['payload']>;

/** The catalogue as a dependency, so that tests can shorten its times. */
export abstract class JobCatalogue {}
export interface JobCatalogue {
  readonly [name: string]: JobDefinition;
}
