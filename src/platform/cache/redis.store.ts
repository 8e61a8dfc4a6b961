import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Cache } from '@nestjs/cache-manager';
import type { Redis } from 'ioredis';
import { globOf, matches, scopesOf } from './cache-key.js';
import { KEY_PREFIX, RedisClient, wasAnswered } from './redis.client.js';

/** Longest lifetime of a value. Generations are kept longer, so that no value outlives the mark that invalidated it. */
export const MAX_LIFETIME_MS = 24 * 3_600_000;
const GENERATION_MS = MAX_LIFETIME_MS + 3_600_000;
const GENERATION = '@generation:';
const MAX_PENDING = 1_000;
const COMPLAINT_EVERY_MS = 60_000;

/** What is kept of a value in Redis, as JSON. */
interface Envelope {
  v: unknown;
  /** The generations of everything that covers the key, when the value was loaded. */
  g: string;
  /** Fresh until, ms since the epoch; the key's own expiry comes later when it may be shown stale. */
  f: number;
}

/** The answer of {@link RedisStore.read}. */
export interface SharedRead {
  /** To be handed to {@link RedisStore.write}: a value that was invalidated while it was loaded is then never answered. */
  generation: string;
  found?: { value: unknown; freshMs: number; goneMs: number };
}

/**
 * The cache that several processes share, in Redis through cache-manager. Values are plain JSON.
 *
 * Invalidation gives the pattern a new random **generation**, and a value counts only while the generations of everything that
 * covers its key are those it was loaded under. So it is one command whatever the number of keys, and a loader that was overtaken by an
 * invalidation writes what nobody will read. The keys themselves are swept up (SCAN and UNLINK of our prefix) afterwards.
 */
@Injectable()
export class RedisStore {
  private readonly log = new Logger('Cache');
  private readonly id = randomBytes(9).toString('base64url');
  private readonly toSweep = new Set<string>();
  private sweeping: Promise<void> | undefined;
  /** Invalidations that Redis has not taken yet. */
  private pending = new Set<string>();
  private complainedAt = -Infinity;

  constructor(
    private readonly client: RedisClient,
    private readonly cache: Cache,
  ) {
    client.onAnswer((redis) => this.replay(redis));
  }

  get connected(): boolean {
    return this.client.connected;
  }

  ping(limitMs?: number): Promise<boolean> {
    return this.client.ping(limitMs);
  }

  /** `listener` hears the patterns that other processes have changed. */
  onForeignChange(listener: (pattern: string) => void): void {
    this.client.onMessage((message) => {
      const space = message.indexOf(' ');
      if (space > 0 && message.slice(0, space) !== this.id) listener(message.slice(space + 1));
    });
  }

  /** @returns undefined when Redis did not answer */
  async read(key: string): Promise<SharedRead | undefined> {
    return this.attempt(async (redis) => {
      const [generation, raw] = await Promise.all([
        this.generationOf(redis, key),
        this.cache.stores[0]!.get<Envelope>(key, { raw: true }),
      ]);
      const envelope = raw?.value;
      if (!isEnvelope(envelope) || envelope.g !== generation) return { generation };
      const now = Date.now();
      const goneMs = (raw?.expires ?? now + MAX_LIFETIME_MS) - now;
      return { generation, found: { value: envelope.v, freshMs: envelope.f - now, goneMs } };
    });
  }

  /**
   * @param freshMs how long the value is fresh
   * @param goneMs when it expires, not before `freshMs`
   * @param generation that of the `read` before the value was loaded; left out, the value is the newest there is, and the other
   *   processes drop their copies of the old one
   * @returns whether Redis took it
   */
  async write(key: string, value: unknown, freshMs: number, goneMs: number, generation?: string): Promise<boolean> {
    const taken = await this.attempt(async (redis) => {
      const g = generation ?? (await this.generationOf(redis, key));
      await this.cache.set<Envelope>(key, { v: value, g, f: Date.now() + freshMs }, goneMs);
      if (generation === undefined) await this.client.publish(redis, `${this.id} ${key}`);
      return true;
    });
    return taken ?? false;
  }

  /** ms that the key has left, null when it never expires, undefined when it is not there, false when Redis did not answer. */
  async remainingMs(key: string): Promise<number | null | undefined | false> {
    const ttl = await this.attempt((redis) => redis.pttl(key));
    if (ttl === undefined) return false;
    if (ttl === -1) return null;
    return ttl < 0 ? undefined : ttl;
  }

  /** Invalidates for every process. When Redis is away this is made up for before Redis is used again. @returns whether it is done */
  async invalidate(pattern: string): Promise<boolean> {
    const done = await this.attempt((redis) => this.renew(redis, pattern));
    if (!done) this.remember(pattern);
    return done ?? false;
  }

  /** Removes every key of ours; everything else in that Redis stays. */
  async clear(): Promise<boolean> {
    const invalidated = await this.invalidate('*');
    await this.sweeping;
    return invalidated;
  }

  private async generationOf(redis: Redis, key: string): Promise<string> {
    const generations = await redis.mget(scopesOf(key).map((scope) => GENERATION + scope));
    return generations.map((generation) => generation ?? '').join(',');
  }

  private async renew(redis: Redis, pattern: string): Promise<true> {
    const generation = randomBytes(6).toString('base64url');
    await Promise.all([
      redis.set(GENERATION + pattern, generation, 'PX', GENERATION_MS),
      pattern.endsWith('*') ? undefined : redis.unlink(pattern),
      this.client.publish(redis, `${this.id} ${pattern}`),
    ]);
    if (pattern.endsWith('*')) this.sweepLater(pattern);
    return true;
  }

  private remember(pattern: string): void {
    const tooMany = this.pending.size >= MAX_PENDING;
    if (tooMany) this.pending.clear();
    this.pending.add(tooMany ? '*' : pattern);
    void this.client.check();
  }

  private async replay(redis: Redis): Promise<void> {
    for (const pattern of this.pending) {
      await this.renew(redis, pattern);
      this.pending.delete(pattern);
    }
  }

  private sweepLater(pattern: string): void {
    this.toSweep.add(pattern);
    this.sweeping ??= this.sweepAll().finally(() => {
      this.sweeping = undefined;
    });
  }

  private async sweepAll(): Promise<void> {
    for (const pattern of this.toSweep) {
      this.toSweep.delete(pattern);
      // Only house-keeping: what is left over can no longer be read, and expires by itself.
      await sweep(this.client.connection, pattern).catch((error: unknown) =>
        this.log.debug(`Keys of ${pattern} are left to expire: ${String(error)}`),
      );
    }
  }

  private async attempt<T>(operation: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    // What has been invalidated must not be read before Redis knows.
    if (this.pending.size > 0) return undefined;
    try {
      return await this.client.run(operation);
    } catch (error) {
      // That Redis is away is logged at the transition. What it answers may go on for long: one line a minute.
      if (wasAnswered(error) && performance.now() - this.complainedAt > COMPLAINT_EVERY_MS) {
        this.complainedAt = performance.now();
        this.log.warn(`The shared cache is skipped for some values: ${String(error)}`);
      }
      return undefined;
    }
  }
}

/** Deletes what a pattern covers by SCAN and UNLINK of our prefix: never FLUSHDB, which would take the queue's keys along, never KEYS. */
export async function sweep(redis: Redis, pattern: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', KEY_PREFIX + globOf(pattern), 'COUNT', 500);
    const keys = found.map((key) => key.slice(KEY_PREFIX.length));
    const ours = keys.filter((key) => !key.startsWith(GENERATION) && matches(pattern, key));
    if (ours.length > 0) await redis.unlink(...ours);
    cursor = next;
  } while (cursor !== '0');
}

function isEnvelope(value: unknown): value is Envelope {
  return typeof value === 'object' && value !== null && 'g' in value && 'f' in value && typeof value.f === 'number';
}
