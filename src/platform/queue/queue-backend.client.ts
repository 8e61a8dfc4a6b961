import {
  createRedisBackend,
  Queue,
  type BackendFactory,
  type IQueueBackend,
  type Processor,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import type { QueueName } from '../config/settings.schema.js';
import { type OutageListener, PatientPostgresConnection, PostgresBackend } from './postgres-queue.client.js';
import type { QueueTarget } from './queue-connection.port.js';

/** Keeps BullMQ's keys apart from the cache's in a shared Redis. */
const REDIS_PREFIX = 'swarmward';
/** Nobody reads BullMQ's event stream, so little of it is kept. */
const streams = { events: { maxLen: 100 } };

export interface OpenQueues {
  queues: Map<QueueName, Queue>;
  close(): Promise<void>;
}

/**
 * Opens the enqueueing and reading side of all queues.
 * Connections: 2 to PostgreSQL for all queues together, or 1 to Redis for each.
 */
export function openQueues(target: QueueTarget, names: readonly QueueName[], outage: OutageListener): OpenQueues {
  const shared = target.kind === 'postgres' ? new PatientPostgresConnection(target, outage) : undefined;
  const factory = shared ? sharing(shared) : createRedisBackend;
  const queues = names.map((name) => {
    const queue = new Queue(
      name,
      { connection: producerOptions(target), prefix: REDIS_PREFIX, streams },
      factory as typeof createRedisBackend,
    );
    listen(queue, shared ? undefined : outage);
    return [name, queue] as const;
  });
  return {
    queues: new Map(queues),
    close: async () => {
      await Promise.allSettled(queues.map(([, queue]) => queue.close()));
      await shared?.close();
    },
  };
}

/**
 * Opens the working side of one queue; it takes nothing before `run()`.
 * Connections: 3 to PostgreSQL (2 for queries, 1 that LISTENs), or 2 to Redis.
 */
export function openWorker(
  target: QueueTarget,
  queue: QueueName,
  processor: Processor,
  options: { concurrency: number; name: string; stalledMs: number },
  outage: OutageListener,
): Worker {
  const workerOptions: WorkerOptions = {
    connection: target.kind === 'redis' ? redisOptions(target.url) : {},
    prefix: REDIS_PREFIX,
    autorun: false,
    concurrency: options.concurrency,
    name: options.name,
    // A job whose worker is frozen or dead is given to another one after one to three times this. Twice lost is a dead letter.
    lockDuration: options.stalledMs,
    stalledInterval: options.stalledMs,
    maxStalledCount: 1,
    // New jobs announce themselves; this is only how often an idle worker looks without being told.
    drainDelay: 10,
    runRetryDelay: 1_000,
  };
  const factory = target.kind === 'postgres' ? owning(target, outage) : createRedisBackend;
  const worker = new Worker(queue, processor, workerOptions, factory as typeof createRedisBackend);
  listen(worker, target.kind === 'redis' ? outage : undefined);
  return worker;
}

function sharing(connection: PatientPostgresConnection): BackendFactory<IQueueBackend, never> {
  return (name, options) => new PostgresBackend(connection, name, options, false);
}

function owning(
  target: Extract<QueueTarget, { kind: 'postgres' }>,
  outage: OutageListener,
): BackendFactory<IQueueBackend, never> {
  return (name, options) => new PostgresBackend(new PatientPostgresConnection(target, outage), name, options, true);
}

function redisOptions(url: string) {
  return {
    url,
    connectTimeout: 5_000,
    retryStrategy: (times: number) => Math.min(200 * times, 2_000),
  };
}

function producerOptions(target: QueueTarget) {
  // Fail at once while Redis is away, rather than pile up commands.
  return target.kind === 'redis'
    ? { ...redisOptions(target.url), maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 5_000 }
    : {};
}

/** BullMQ reports by events; an `error` nobody listens to would end the process. */
function listen(emitter: Queue | Worker, outage: OutageListener | undefined): void {
  const events = emitter as { on(event: string, listener: (error: Error) => void): unknown };
  events.on('error', (error) => outage?.failed(error));
  // A worker's own `ready` comes once in its life; its connections say it each time that they are back.
  emitter.getBackend().on('ready', () => outage?.succeeded());
}
