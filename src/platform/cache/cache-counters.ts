import { prefixOf } from './cache-key.js';

interface PrefixCounters {
  hits: number;
  misses: number;
}

export interface PrefixStatistics extends PrefixCounters {
  hitRate: number | null;
  /** Of this process' memory. */
  keys: number;
}

/** See {@link CacheService.statistics}. */
export interface CacheStatistics {
  /** Answered from memory or Redis, or together with a load that was already under way. */
  hits: number;
  misses: number;
  /** 0..1, null before the first question. */
  hitRate: number | null;
  /** Of this process' memory. */
  keys: number;
  memoryBytes: number;
  memoryMaxBytes: number;
  perPrefix: Record<string, PrefixStatistics>;
  backend: 'memory' | 'redis';
  /** null without `REDIS_URL`. */
  redis: 'connected' | 'unavailable' | null;
}

/** 0..1, null before the first question. */
export function hitRate(hits: number, misses: number): number | null {
  return hits + misses === 0 ? null : hits / (hits + misses);
}

/** Prefixes counted apart; keys beyond that are counted together, so that a stream of odd keys cannot grow the table. */
const MAX_PREFIXES = 200;
const REST = '(other)';

/** Hits and misses since the process started, in all and per prefix. */
export class CacheCounters {
  private readonly prefixes = new Map<string, PrefixCounters>();
  hits = 0;
  misses = 0;

  hit(key: string): void {
    this.hits++;
    this.of(key).hits++;
  }

  miss(key: string): void {
    this.misses++;
    this.of(key).misses++;
  }

  /** @param keys how many keys of each prefix there are now */
  perPrefix(keys: ReadonlyMap<string, number>): Record<string, PrefixStatistics> {
    const rows = [...this.prefixes].map(([prefix, { hits, misses }]) => {
      return [prefix, { hits, misses, hitRate: hitRate(hits, misses), keys: keys.get(prefix) ?? 0 }] as const;
    });
    return Object.fromEntries(rows);
  }

  private of(key: string): PrefixCounters {
    const prefix = prefixOf(key);
    const known = this.prefixes.get(prefix);
    if (known) return known;
    if (this.prefixes.size >= MAX_PREFIXES && prefix !== REST) return this.of(REST);
    const counters = { hits: 0, misses: 0 };
    this.prefixes.set(prefix, counters);
    return counters;
  }
}
