import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Client } from 'pg';
import { type DatabaseConnection, describeConnection } from '../database/connection.js';
import { connectionProblem } from '../database/connection-problem.js';
import { toPgConfig } from '../database/pg-config.driver.js';
import type { PlainLog } from '../database/plain-log.js';
import { decodeNotice, type Notice, NOTICE_CHANNEL, type NoticeKind, type NoticeOf } from './notice.js';

/** Times of the feed; tests shorten them. */
export class FeedTimes {
  /** Pause before the second try to connect; doubles with each further one. */
  readonly firstPauseMs: number = 250;
  readonly longestPauseMs: number = 10_000;
  /** How often PostgreSQL is asked whether it is still there: a peer that is gone without a word sends nothing either way. */
  readonly checkEveryMs: number = 15_000;
  /** How long it may take to connect, and to answer. */
  readonly patienceMs: number = 5_000;
}

type Handler<Kind extends NoticeKind> = (notice: NoticeOf<Kind>) => void;

/**
 * Hears what {@link EventBus} tells, over one connection of its own that is opened when somebody subscribes first and reopened for as
 * long as the process runs. Notices come in the order of their commits. What was told while nothing listened is lost: subscribers hear
 * of that by {@link onGap}. Nothing fails because the feed is down.
 */
export class EventFeed implements OnApplicationShutdown {
  private readonly handlers = new Map<NoticeKind, Set<Handler<NoticeKind>>>();
  private readonly gapHandlers = new Set<() => void>();
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private lostAt: number | undefined;
  private opened = false;
  private closed = false;

  constructor(
    private readonly connection: DatabaseConnection,
    private readonly times = new FeedTimes(),
    private readonly log: PlainLog = new Logger('EventFeed'),
  ) {}

  /** Whether notices are heard now. */
  isListening = false;

  /**
   * @param handler must not wait; what it throws is logged
   * @returns ends the subscription
   */
  on<Kind extends NoticeKind>(kind: Kind, handler: Handler<Kind>): () => void {
    const handlers = this.handlers.get(kind) ?? new Set();
    const entry = handler as unknown as Handler<NoticeKind>;
    this.handlers.set(kind, handlers.add(entry));
    this.open();
    return () => void handlers.delete(entry);
  }

  /**
   * Called each time the feed begins to listen, the first time included: whatever was told before was not heard.
   * @returns ends the subscription
   */
  onGap(handler: () => void): () => void {
    this.gapHandlers.add(handler);
    this.open();
    return () => void this.gapHandlers.delete(handler);
  }

  onApplicationShutdown(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.drop();
  }

  private open(): void {
    if (this.opened || this.closed) return;
    this.opened = true;
    void this.connect();
  }

  private async connect(): Promise<void> {
    const client = new Client({
      ...toPgConfig(this.connection),
      connectionTimeoutMillis: this.times.patienceMs,
      query_timeout: this.times.patienceMs,
      application_name: 'swarmward events',
    });
    this.client = client;
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the connection ended')));
    client.on('notification', ({ payload }) => this.hear(decodeNotice(payload)));
    try {
      await client.connect();
      await client.query(`LISTEN ${NOTICE_CHANNEL}`);
    } catch (error) {
      return this.lost(client, error);
    }
    if (this.client === client) this.begin(client);
  }

  private begin(client: Client): void {
    this.isListening = true;
    this.failures = 0;
    if (this.lostAt !== undefined) {
      const seconds = Math.round((performance.now() - this.lostAt) / 1_000);
      this.log.log(`Notices from other processes are heard again after ${seconds} s`);
    }
    this.lostAt = undefined;
    for (const handler of this.gapHandlers) this.call(handler);
    this.checkLater(client);
  }

  private checkLater(client: Client): void {
    this.timer = setTimeout(() => {
      client.query('SELECT 1').then(
        () => this.client === client && this.checkLater(client),
        (error: unknown) => this.lost(client, error),
      );
    }, this.times.checkEveryMs);
  }

  private lost(client: Client, error: unknown): void {
    if (this.closed || this.client !== client) return;
    clearTimeout(this.timer);
    this.drop();
    if (this.lostAt === undefined) {
      this.lostAt = performance.now();
      const problem = connectionProblem(error, this.connection);
      const where = describeConnection(this.connection);
      this.log.warn(
        `Notices from other processes are not heard (${where}: ${problem}); connecting again until they are`,
      );
    }
    const { firstPauseMs, longestPauseMs } = this.times;
    const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(this.failures++, 20), longestPauseMs);
    // Up to a fifth less, lest all processes come at once.
    this.timer = setTimeout(() => void this.connect(), pauseMs * (1 - Math.random() / 5));
  }

  /** Without a farewell that a server which hangs would never answer. */
  private drop(): void {
    const { client } = this;
    this.client = undefined;
    this.isListening = false;
    if (!client) return;
    client
      .end()
      .catch((error: unknown) => this.log.log(`The connection of the feed did not end in order: ${String(error)}`));
    const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
    stream.destroy();
  }

  private hear(notice: Notice | null): void {
    if (!notice) return;
    for (const handler of this.handlers.get(notice.kind) ?? []) this.call(() => handler(notice));
  }

  private call(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.log.error(`A subscriber to notices failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
