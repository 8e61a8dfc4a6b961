import { setTimeout as pause } from 'node:timers/promises';
import {
  assertSchemaCompatibility,
  DEFAULT_SCHEMA,
  PostgresConnection,
  PostgresQueueBackend,
  runMigrations,
  type PgQueryable,
} from 'bullmq';
import { isConnectionFailure, messageOf } from './connection-failure.js';
import type { QueueTarget } from './queue-connection.port.js';

/** Hears of every failure to reach the queue and of every success, in order to log the transitions. */
export interface OutageListener {
  failed(error: unknown): void;
  succeeded(): void;
}

const RETRY_MS = 500;

/**
 * Creates or upgrades BullMQ's tables in the schema `bullmq`, in one transaction. Run it once, before any queue or worker starts:
 * they only check. `client` must be one session, not a pool.
 */
export async function migrateQueue(client: PgQueryable): Promise<void> {
  await runMigrations(client, DEFAULT_SCHEMA);
}

/**
 * BullMQ's connection to PostgreSQL, made to survive a PostgreSQL that is away:
 * - BullMQ remembers a failed first connection forever; here it is tried until it succeeds or the queue is closed.
 * - BullMQ pauses before the next try only after `ECONNREFUSED`, and spins after anything else (a socket file that is gone, a server
 *   that is starting); here every connection failure carries that code.
 */
export class PatientPostgresConnection extends PostgresConnection {
  private becomingReady: Promise<void> | undefined;
  private closeStarted = false;
  private listening: object | undefined;

  constructor(
    target: Extract<QueueTarget, { kind: 'postgres' }>,
    private readonly outage: OutageListener,
  ) {
    super({
      ...target.config,
      max: 2,
      application_name: 'swarmward-queue',
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
    });
    const query = this.pool.query.bind(this.pool);
    this.pool.query = <R>(text: string, params?: readonly unknown[]) => this.watched(() => query<R>(text, params));
    // An idle connection that drops is noticed by the next query; without a listener it would end the process.
    this.on('error', () => undefined);
  }

  override waitUntilReady(): Promise<void> {
    return (this.becomingReady ??= this.connectPatiently());
  }

  override async getListenClient(): ReturnType<PostgresConnection['getListenClient']> {
    try {
      const client = await this.attempt(() => super.getListenClient());
      // BullMQ keeps it and gives it out again without asking PostgreSQL: only a new one is a sign of life.
      if (client !== this.listening) this.outage.succeeded();
      this.listening = client;
      return client;
    } catch (error) {
      // BullMQ asks again after 0.1 s; that is too often while PostgreSQL is away.
      if (!this.closeStarted) await pause(RETRY_MS);
      throw error;
    }
  }

  override close(): Promise<void> {
    this.closeStarted = true;
    return super.close();
  }

  private async connectPatiently(): Promise<void> {
    while (!this.closeStarted) {
      try {
        await this.checkOnce();
        this.outage.succeeded();
        return;
      } catch (error) {
        this.outage.failed(error);
        await pause(RETRY_MS);
      }
    }
    throw new Error('The connection to the queue was closed before it was ready');
  }

  private async checkOnce(): Promise<void> {
    const client = await this.pool.connect();
    let failed = true;
    try {
      await assertSchemaCompatibility(client, this.schema);
      failed = false;
    } finally {
      client.release(failed);
    }
  }

  private async watched<T>(work: () => Promise<T>): Promise<T> {
    const result = await this.attempt(work);
    this.outage.succeeded();
    return result;
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.closeStarted || !isConnectionFailure(error)) throw error;
      this.outage.failed(error);
      throw Object.assign(new Error(messageOf(error), { cause: error }), { code: 'ECONNREFUSED' });
    }
  }
}

/** A backend whose idle workers look for jobs every 10 s even when no NOTIFY came (BullMQ would sleep up to an hour after an outage). */
export class PostgresBackend extends PostgresQueueBackend {
  override get maximumBlockTimeout(): number {
    return 10;
  }
}
