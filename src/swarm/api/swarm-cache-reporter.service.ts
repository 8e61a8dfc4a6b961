import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.schema.js';
import { CacheService } from '../../platform/cache/cache.service.js';
import { cacheReport, type TierFacts } from '../picture/cache-report.js';
import { isStale } from '../picture/reading.js';
import { SwarmReader } from '../picture/swarm-reader.service.js';
import { BACKUP, PRIMARY, type TierEntry } from '../picture/tiers.js';

/** Looks at the tiers as they are, past every copy. */
@Injectable()
export class SwarmCacheReporter {
  constructor(
    private readonly cache: CacheService,
    private readonly reader: SwarmReader,
    private readonly settings: Settings,
  ) {}

  async report(now: Date) {
    const [primary, backup, reading] = await Promise.all([
      this.tier(PRIMARY.key, now),
      this.tier(BACKUP.key, now),
      this.reader.current(),
    ]);
    return cacheReport({
      reachable: this.cache.status() !== 'unavailable',
      primary,
      backup,
      hits: this.reader.hits.hits(now),
      refresh: reading.refresh,
      stale: reading.picture !== null && isStale(reading, now, this.settings.swarmRefreshSeconds),
      collectionSeconds: reading.picture?.collection.collectionTimeSeconds ?? null,
    });
  }

  private async tier(key: string, now: Date): Promise<TierFacts> {
    const [entry, ttlMs] = await Promise.all([this.cache.get<TierEntry>(key), this.cache.remainingTtlMs(key)]);
    if (!entry || ttlMs === undefined) return { exists: false, ttlSeconds: null, ageSeconds: null };
    const age = Math.max(0, now.getTime() - Date.parse(entry.collectedAt));
    return {
      exists: true,
      ttlSeconds: ttlMs === null ? null : Math.round(ttlMs / 1000),
      ageSeconds: Math.round(age / 100) / 10,
    };
  }
}
