import { Injectable, Logger, Optional } from '@nestjs/common';
import { within } from '../observability/time-limit.js';
import { CacheCounters, type CacheStatistics, hitRate } from './cache-counters.js';
import { checkKey, checkPattern } from './cache-key.js';
import { jittered } from './jitter.js';
import type { Loader, LoadOptions } from './load-options.js';
import { type MemoryEntry, MemoryStore } from './memory.store.js';
import { MAX_LIFETIME_MS, RedisStore, type SharedRead } from './redis.store.js';
import { SingleFlight } from './single-flight.js';

/** How long memory answers for a value that lives in Redis: the bound on what a lost invalidation message can cost. */
const MEMORY_BEFORE_REDIS_MS = 5_000;
const RELOAD_PAUSE_MS = 1_000;
const LOAD_LIMIT_MS = 10_000;
const JITTER = 0.1;

/** Who took a value: the shared store (memory, when that is all there is), only this process, or nobody (too large for memory). */
export type Stored = 'stored' | 'memory_only' | 'not_stored';

/**
 * The cache: the memory of this process, and with `REDIS_URL` a Redis behind it that several processes share.
 *
 * Values are plain JSON data and **read-only**: without Redis, and for up to 5 s with it, everybody gets the same object. No method ever fails
 * because of Redis; while it is away memory and the sources go on, and no call waits for it (the one that notices: 300 ms).
 */
@Injectable()
export class CacheService {
  private readonly log = new Logger('Cache');
  private readonly counters = new CacheCounters();
  private readonly reads = new SingleFlight();
  private readonly loads = new SingleFlight();

  constructor(
    private readonly memory: MemoryStore,
    @Optional() private readonly shared?: RedisStore,
  ) {
    shared?.onForeignChange((pattern) => this.forget(pattern));
  }

  /** The value, while its lifetime lasts. */
  async get<T>(key: string): Promise<T | undefined> {
    checkKey(key);
    const fresh = this.freshCopy(key);
    if (fresh) return this.hit<T>(key, fresh.value);
    const read = await this.readShared(key);
    if (read?.found && read.found.freshMs > 0) return this.hit<T>(key, read.found.value);
    const copy = read ? undefined : this.livingCopy(key);
    if (copy) return this.hit<T>(key, copy.value);
    this.counters.miss(key);
    return undefined;
  }

  /** The value, if this process' memory has it: no waiting, and no miss is counted. */
  peek<T>(key: string): T | undefined {
    const copy = this.freshCopy(key) ?? (this.shared?.connected ? undefined : this.livingCopy(key));
    return copy && this.hit<T>(key, copy.value);
  }

  /**
   * Keeps a value for `ttlMs`, in memory by reference. The memories of other processes drop what they had.
   * @throws TypeError for a key no store could take, or `undefined`; RangeError for a lifetime that is not within 24 h
   */
  async set(key: string, value: unknown, ttlMs: number): Promise<Stored> {
    checkKey(key);
    checkLifetime(ttlMs);
    if (value === undefined) throw new TypeError(`There is no value to keep under "${key}"; delete(key) removes one.`);
    this.overtake(key);
    const inMemory = this.remember(key, value, ttlMs, ttlMs);
    const taken = this.shared ? await this.shared.write(key, value, ttlMs, ttlMs) : inMemory;
    return taken ? 'stored' : inMemory ? 'memory_only' : 'not_stored';
  }

  /** ms that a key has left, as the shared store says when there is one: `null` if it never expires, `undefined` if it is not there. */
  async remainingTtlMs(key: string): Promise<number | null | undefined> {
    checkKey(key);
    const shared = await this.shared?.remainingMs(key);
    if (this.shared && shared !== false) return shared;
    const copy = this.livingCopy(key);
    return copy && Math.round(copy.expiresAt - performance.now());
  }

  /**
   * The value, loaded when it is not there: once, however many ask meanwhile. Errors, `undefined` and `null` are not kept. When the
   * source fails while Redis is away, a copy whose lifetime lasts is answered instead.
   * @throws whatever `load` throws, and TimeLimitError after `timeLimitMs`
   */
  async getOrLoad<T>(key: string, options: LoadOptions, load: Loader<T>): Promise<T> {
    checkKey(key);
    checkLifetime(options.ttlMs + (options.staleMs ?? 0));
    const fresh = this.freshCopy(key);
    if (fresh) return this.hit<T>(key, fresh.value);
    const read = await this.readShared(key);
    // Somebody may have loaded it while Redis was asked; and what was just read is in memory now.
    const entry = this.memory.get(key);
    if (read?.found && read.found.freshMs > 0) return this.hit<T>(key, read.found.value);
    if (entry && (entry.freshUntil > performance.now() || this.isStale(entry, read))) {
      if (entry.freshUntil <= performance.now()) this.reload(key, entry, options, load, read?.generation);
      return this.hit<T>(key, entry.value);
    }
    const joined = this.loads.isFlying(key);
    this.counters[joined ? 'hit' : 'miss'](key);
    try {
      return await this.loadOnce(key, options, load, read?.generation);
    } catch (error) {
      const copy = read ? undefined : this.livingCopy(key);
      if (!copy) throw error;
      return copy.value as T;
    }
  }

  /** Removes one key in every process. @returns as {@link invalidate} */
  async delete(key: string): Promise<boolean> {
    checkKey(key);
    return this.invalidate(key);
  }

  /**
   * Makes every process forget: `device:*` all keys of a prefix, `*` everything, or one key. Loads under way are answered to those who wait
   * for them, but not kept. Call it after the change is committed.
   * @returns false when Redis is away: then this process has forgotten, the others do within 5 s of Redis' return at the latest
   * @throws TypeError for a pattern of any other form
   */
  async invalidate(pattern: string): Promise<boolean> {
    checkPattern(pattern);
    this.forget(pattern);
    const done = (await this.shared?.invalidate(pattern)) ?? true;
    // Once more: in between the old value could still be read out of Redis.
    this.forget(pattern);
    return done;
  }

  /** Empties the cache in every process. In Redis only our own keys go. @returns as {@link invalidate} */
  async clear(): Promise<boolean> {
    this.forget('*');
    const done = (await this.shared?.clear()) ?? true;
    this.forget('*');
    return done;
  }

  /** Frees the memory of expired values. @returns how many there were */
  purgeExpired(): number {
    return this.memory.purgeExpired();
  }

  /** `memory` when there is no Redis to speak of, otherwise whether it is there. */
  status(): 'memory' | 'connected' | 'unavailable' {
    if (!this.shared) return 'memory';
    return this.shared.connected ? 'connected' : 'unavailable';
  }

  /** As {@link status}, but asks Redis now and waits for its answer at most `limitMs`. */
  async ping(limitMs = 500): Promise<'memory' | 'connected' | 'unavailable'> {
    if (!this.shared) return 'memory';
    return (await this.shared.ping(limitMs)) ? 'connected' : 'unavailable';
  }

  /** Answered from the cache, and not, since the process started. */
  counts(): { hits: number; misses: number } {
    const { hits, misses } = this.counters;
    return { hits, misses };
  }

  /** Since the process started, of this process. */
  statistics(): CacheStatistics {
    const { hits, misses } = this.counters;
    const status = this.status();
    return {
      hits,
      misses,
      hitRate: hitRate(hits, misses),
      keys: this.memory.size,
      memoryBytes: this.memory.bytes,
      memoryMaxBytes: this.memory.maxBytes,
      perPrefix: this.counters.perPrefix(this.memory.keysPerPrefix()),
      backend: this.shared ? 'redis' : 'memory',
      redis: status === 'memory' ? null : status,
    };
  }

  private readShared(key: string): Promise<SharedRead | undefined> {
    const shared = this.shared;
    if (!shared?.connected) return Promise.resolve(undefined);
    return this.reads.run(key, async (flight) => {
      const read = await shared.read(key);
      if (read?.found && !flight.overtaken) {
        this.remember(key, read.found.value, read.found.freshMs, read.found.goneMs);
      }
      return read;
    });
  }

  private loadOnce<T>(key: string, options: LoadOptions, load: Loader<T>, generation?: string): Promise<T> {
    return this.loads.run(key, async (flight) => {
      const aborter = new AbortController();
      const limitMs = options.timeLimitMs ?? LOAD_LIMIT_MS;
      const value = await within(limitMs, load(aborter.signal)).catch((error: unknown) => {
        aborter.abort(error);
        throw error;
      });
      const ttlMs = value === null ? options.negativeTtlMs : options.ttlMs;
      if (value === undefined || ttlMs === undefined || flight.overtaken) return value;
      const freshMs = jittered(ttlMs, options.jitter ?? JITTER, Math.random());
      const goneMs = freshMs + (options.staleMs ?? 0);
      this.remember(key, value, freshMs, goneMs);
      // Without a generation Redis did not answer before the load, so nobody knows whether the value is still the newest.
      if (generation !== undefined) await this.shared?.write(key, value, freshMs, goneMs, generation);
      return value;
    });
  }

  /** Loads in the background. A source that fails is tried again after a pause, for as long as the old value may be shown. */
  private reload<T>(key: string, entry: MemoryEntry, options: LoadOptions, load: Loader<T>, generation?: string): void {
    if (this.loads.isFlying(key) || entry.retryAt > performance.now()) return;
    entry.retryAt = performance.now() + RELOAD_PAUSE_MS;
    this.loadOnce(key, options, load, generation).catch((error: unknown) => {
      const shown = this.memory.get(key) ?? entry;
      shown.retryAt = performance.now() + RELOAD_PAUSE_MS;
      this.log.warn(`"${key}" could not be loaded anew, the old value is shown meanwhile: ${String(error)}`);
    });
  }

  private isStale(entry: MemoryEntry, read: SharedRead | undefined): boolean {
    return entry.expiresAt <= performance.now() && (!this.shared || !read || read.found !== undefined);
  }

  private remember(key: string, value: unknown, freshMs: number, goneMs: number): boolean {
    const memoryFreshMs = this.shared ? Math.min(freshMs, MEMORY_BEFORE_REDIS_MS) : freshMs;
    return this.memory.set(key, value, { freshMs: memoryFreshMs, ttlMs: freshMs, staleUntilMs: goneMs });
  }

  private freshCopy(key: string): MemoryEntry | undefined {
    const entry = this.memory.get(key);
    return entry && entry.freshUntil > performance.now() ? entry : undefined;
  }

  private livingCopy(key: string): MemoryEntry | undefined {
    const entry = this.memory.get(key);
    return entry && entry.expiresAt > performance.now() ? entry : undefined;
  }

  private forget(pattern: string): void {
    this.overtake(pattern);
    this.memory.drop(pattern);
  }

  private overtake(pattern: string): void {
    this.reads.overtake(pattern);
    this.loads.overtake(pattern);
  }

  private hit<T>(key: string, value: unknown): T {
    this.counters.hit(key);
    return value as T;
  }
}

function checkLifetime(ms: number): void {
  if (!(ms > 0 && ms <= MAX_LIFETIME_MS)) {
    throw new RangeError(`A cached value lives more than 0 ms and at most 24 h, not ${ms} ms.`);
  }
}
