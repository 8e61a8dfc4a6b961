import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { matches, prefixOf } from './cache-key.js';
import { estimateBytes } from './estimate-bytes.js';

/** How long a value lives in memory. All durations are from the moment of `set`, in ms. */
export interface Lifetimes {
  /** Until then it is answered without asking anybody. */
  freshMs: number;
  /** Until then it stands in while the shared store is away. */
  ttlMs: number;
  /** Until then it may be shown while it is loaded anew; afterwards it is gone. */
  staleUntilMs: number;
}

/** A value in memory with its lifetimes as points of the monotonic clock. */
export interface MemoryEntry {
  readonly value: unknown;
  readonly freshUntil: number;
  readonly expiresAt: number;
  readonly goneAt: number;
  /** No reload in the background before that: a source that fails is not asked by every request. */
  retryAt: number;
}

const MAX_ENTRIES = 50_000;

/**
 * The memory of one process: least recently used values go first when a bound (estimated bytes, number of entries) is reached.
 *
 * Values are held and answered **by reference**, never copied, serialised or frozen: a snapshot of several MB costs nothing to read. So
 * whoever gets one must treat it as read-only. (Freezing deeply would cost as much as serialising, and freezing only in
 * development would make the two behave differently.)
 */
@Injectable()
export class MemoryStore {
  private readonly entries: LRUCache<string, MemoryEntry>;

  /** @param maxBytes bound of the estimated size of all values; a single value larger than that is not kept */
  constructor(
    readonly maxBytes: number,
    maxEntries = MAX_ENTRIES,
  ) {
    this.entries = new LRUCache({ max: maxEntries, maxSize: maxBytes });
  }

  get(key: string): MemoryEntry | undefined {
    const entry = this.entries.get(key);
    if (entry && entry.goneAt <= performance.now()) {
      this.entries.delete(key);
      return undefined;
    }
    return entry;
  }

  /** @returns whether it is kept: false when it is larger than the whole memory, and then the old value is gone as well */
  set(key: string, value: unknown, { freshMs, ttlMs, staleUntilMs }: Lifetimes): boolean {
    const size = estimateBytes(value) + key.length * 2 + 200;
    if (size > this.maxBytes) {
      this.entries.delete(key);
      return false;
    }
    const now = performance.now();
    const retryAt = this.entries.peek(key)?.retryAt ?? 0;
    const entry = { value, freshUntil: now + freshMs, expiresAt: now + ttlMs, goneAt: now + staleUntilMs, retryAt };
    this.entries.set(key, entry, { size });
    return true;
  }

  /** Drops what a pattern of {@link matches} covers. */
  drop(pattern: string): void {
    if (pattern === '*') return this.entries.clear();
    if (!pattern.endsWith(':*')) return void this.entries.delete(pattern);
    for (const key of this.entries.keys()) if (matches(pattern, key)) this.entries.delete(key);
  }

  /** Drops what has expired. @returns how many values that were */
  purgeExpired(): number {
    const now = performance.now();
    const expired = [...this.entries.entries()].filter(([, entry]) => entry.goneAt <= now);
    for (const [key] of expired) this.entries.delete(key);
    return expired.length;
  }

  get size(): number {
    return this.entries.size;
  }

  /** Estimated bytes of all values. */
  get bytes(): number {
    return this.entries.calculatedSize;
  }

  /** How many values there are of each prefix. */
  keysPerPrefix(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const key of this.entries.keys()) counts.set(prefixOf(key), (counts.get(prefixOf(key)) ?? 0) + 1);
    return counts;
  }
}
