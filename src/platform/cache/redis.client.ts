import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import { within } from '../observability/time-limit.js';

/** Every key of the cache in Redis begins with this; nothing else is ever touched. */
export const KEY_PREFIX = 'swarmward:cache:';
const CHANNEL = `${KEY_PREFIX}invalidations`;

const BOOT_LIMIT_MS = 500;
const BEAT_MS = 5_000;
const BEAT_WHILE_AWAY_MS = 500;
/** Beats without an answer after which the connection itself is given up: a half-open one would never recover. */
const BEATS_PER_CONNECTION = 4;

/** Settings that survive an outage: no command waits for a connection, none is queued for later, none waits longer than 300 ms. */
const OPTIONS: RedisOptions = {
  lazyConnect: true,
  keyPrefix: KEY_PREFIX,
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  autoResubscribe: false,
  commandTimeout: 300,
  connectTimeout: 1_000,
  disconnectTimeout: 200,
  retryStrategy: (attempt) => Math.min(200 * attempt, 2_000),
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

/** Redis is away, so nothing was sent to it. */
export class RedisUnavailableError extends Error {
  override readonly name = 'RedisUnavailableError';
}

/**
 * Owns the two connections of the cache to Redis (commands, and a subscription) and knows whether it may be asked.
 *
 * While Redis is away {@link run} refuses at once: the first command to notice waits for 300 ms at most, those after it not at
 * all. A heartbeat notices an outage without traffic, and the return. Exactly one line is logged at each transition.
 */
export class RedisClient implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger('Cache');
  private readonly commands: Redis;
  private readonly subscriber: Redis;
  private readonly place: string;
  private state: 'unknown' | 'connected' | 'unavailable' = 'unknown';
  private awaySince = 0;
  private checking: Promise<void> | undefined;
  private suspect = false;
  private unanswered = 0;
  private closing = false;
  private timer: NodeJS.Timeout | undefined;
  private beforeUse: (redis: Redis) => Promise<void> = async () => undefined;

  /** @param url `redis://` or `rediss://`; its password is never logged */
  constructor(url: string) {
    this.place = new URL(url).host;
    this.commands = new Redis(url, OPTIONS);
    this.subscriber = new Redis(url, OPTIONS);
    this.commands.on('error', (error) => this.wentAway(error));
    this.commands.on('close', () => this.wentAway(new Error('the connection was closed')));
    this.commands.on('ready', () => void this.check());
    // What the subscription says of an outage, the other connection has said already.
    this.subscriber.on('error', (error) => this.log.debug(`Redis subscription: ${error.message}`));
    this.subscriber.on('ready', () => {
      this.subscriber.subscribe(CHANNEL).catch(() => this.resubscribe());
    });
  }

  /** The connection for cache-manager's store. Everybody else goes through {@link run}. */
  get connection(): Redis {
    return this.commands;
  }

  /** Whether Redis is there as far as is known. */
  get connected(): boolean {
    return this.state === 'connected';
  }

  /** Called for every message that a process, this one too, has published. */
  onMessage(listener: (message: string) => void): void {
    this.subscriber.on('message', (_channel, message) => listener(message));
  }

  /** What has to be done each time Redis was found to be there, before anybody may use it. */
  onAnswer(beforeUse: (redis: Redis) => Promise<void>): void {
    this.beforeUse = beforeUse;
  }

  publish(redis: Redis, message: string): Promise<number> {
    return redis.publish(CHANNEL, message);
  }

  /** Connects; waits for the outcome, but half a second at most: a Redis that is down never holds up the start. */
  async onModuleInit(): Promise<void> {
    this.subscriber.connect().catch((error: unknown) => this.log.debug(`Redis subscription: ${String(error)}`));
    const first = this.commands.connect().then(
      () => this.check(),
      (error: unknown) => this.wentAway(error),
    );
    await within(BOOT_LIMIT_MS, first).catch((error: unknown) => this.wentAway(error));
    this.beatLater();
  }

  onApplicationShutdown(): void {
    this.closing = true;
    clearTimeout(this.timer);
    this.commands.disconnect();
    this.subscriber.disconnect();
  }

  /**
   * Runs commands, when Redis is there.
   * @throws RedisUnavailableError at once while it is not, and whatever the commands throw (a time-out after 300 ms)
   */
  async run<T>(operation: (redis: Redis) => Promise<T>): Promise<T> {
    if (!this.connected || this.suspect) throw new RedisUnavailableError(`Redis at ${this.place} is not available`);
    try {
      return await operation(this.commands);
    } catch (error) {
      // Anything but an answer is looked into, and nobody waits meanwhile.
      if (!wasAnswered(error)) {
        this.suspect = true;
        void this.check();
      }
      throw error;
    }
  }

  /** Asks Redis itself. @returns whether it answered within the time limit (ms) */
  async ping(limitMs = 500): Promise<boolean> {
    const asked = this.commands.status === 'ready' ? this.commands.ping() : Promise.reject(new RedisUnavailableError());
    return within(limitMs, asked).then(
      () => true,
      () => false,
    );
  }

  /** Finds out whether Redis is there, and does what {@link onAnswer} asks for. */
  check(): Promise<void> {
    this.checking ??= this.verdict().finally(() => {
      this.checking = undefined;
      this.suspect = false;
    });
    return this.checking;
  }

  private async verdict(): Promise<void> {
    try {
      if (this.commands.status !== 'ready') return;
      await this.commands.ping();
      await this.beforeUse(this.commands);
      this.unanswered = 0;
      this.cameBack();
    } catch (error) {
      this.wentAway(error);
      if (++this.unanswered % BEATS_PER_CONNECTION === 0 && !this.closing) this.commands.disconnect(true);
    }
  }

  private async beat(): Promise<void> {
    await this.check();
    if (this.subscriber.status === 'ready') {
      await this.subscriber.ping().catch(() => this.resubscribe());
    }
    this.beatLater();
  }

  private resubscribe(): void {
    if (!this.closing) this.subscriber.disconnect(true);
  }

  private beatLater(): void {
    clearTimeout(this.timer);
    if (this.closing) return;
    this.timer = setTimeout(() => void this.beat(), this.connected ? BEAT_MS : BEAT_WHILE_AWAY_MS);
    this.timer.unref();
  }

  private cameBack(): void {
    if (this.closing || this.connected) return;
    const after =
      this.state === 'unknown' ? '' : ` again after ${Math.round((performance.now() - this.awaySince) / 1_000)} s`;
    this.state = 'connected';
    this.log.log(`Redis at ${this.place} is connected${after}`);
  }

  private wentAway(error: unknown): void {
    if (this.closing || this.state === 'unavailable') return;
    this.state = 'unavailable';
    this.awaySince = performance.now();
    this.beatLater();
    const reason = error instanceof Error ? error.message || error.name : String(error);
    this.log.warn(
      `Redis at ${this.place} is not available (${reason}): the cache goes on in memory, and Redis is tried until it is back`,
    );
  }
}

/** Whether Redis did its part: it answered with an error of its own, or the value (sent or received) is no JSON. */
export function wasAnswered(error: unknown): boolean {
  return error instanceof Error && ['ReplyError', 'TypeError', 'SyntaxError'].includes(error.name);
}
