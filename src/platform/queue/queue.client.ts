import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { QUEUE_NAMES, type QueueName } from '../config/settings.schema.js';
import { TimeLimitError, within } from '../observability/time-limit.js';
import { isConnectionFailure, messageOf } from './connection-failure.js';
import { type OpenQueues, openQueues } from './queue-backend.client.js';
import { QueueConnection } from './queue-connection.port.js';
import { QueueUnavailableError } from './queue-errors.js';
import { QueueOutage } from './queue-outage.service.js';

const READY_LIMIT_MS = 5_000;
const WORK_LIMIT_MS = 5_000;
const CLOSE_LIMIT_MS = 2_000;

/**
 * The only way to the queues' enqueueing and reading side. Nothing done through it waits longer than 10 s, and while the queue is
 * known to be away nothing piles up: work is begun only on a connection that is ready.
 *
 * **Connection budget** to PostgreSQL, per process, besides the pool of the database module: 2 for this class whatever the number of
 * queues, and 3 for each queue that the process takes jobs from (`openWorker`). So role `all` with two queues has 8, api and
 * scheduler have 2. Idle connections are closed after a minute, the LISTENing ones stay.
 */
@Injectable()
export class QueueClient implements OnApplicationShutdown {
  private opened: OpenQueues | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly connection: QueueConnection,
    private readonly outage: QueueOutage,
  ) {}

  /**
   * Does something with one queue.
   * @throws QueueUnavailableError when the queue cannot be reached within 5 s, or `work` takes more than 5 s
   */
  async use<T>(name: QueueName, work: (queue: Queue) => Promise<T>): Promise<T> {
    if (this.closing) throw new QueueUnavailableError('this process is shutting down');
    const queue = this.queue(name);
    try {
      await within(READY_LIMIT_MS, queue.waitUntilReady());
      const result = await within(WORK_LIMIT_MS, work(queue));
      this.outage.succeeded();
      return result;
    } catch (error) {
      if (error instanceof TimeLimitError || isConnectionFailure(error)) {
        this.outage.failed(error);
        throw new QueueUnavailableError(messageOf(error), { cause: error });
      }
      throw error;
    }
  }

  onApplicationShutdown(): Promise<void> {
    return (this.closing ??= this.close());
  }

  private queue(name: QueueName): Queue {
    this.opened ??= openQueues(this.connection.target, QUEUE_NAMES, this.outage);
    return this.opened.queues.get(name) as Queue;
  }

  private async close(): Promise<void> {
    if (!this.opened) return;
    await within(CLOSE_LIMIT_MS, this.opened.close()).catch((error: unknown) =>
      new Logger('Queue').warn(`The job queue did not close cleanly: ${messageOf(error)}`),
    );
  }
}
