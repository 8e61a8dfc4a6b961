import { Injectable } from '@nestjs/common';
import { CacheService } from '../../platform/cache/cache.service.js';
import type { RefreshRecord } from './refresh-record.js';
import { performanceMetrics } from './status-document.js';
import type { SwarmPicture } from './swarm-picture.js';
import { BACKUP, PERFORMANCE, PRIMARY, REFRESH, type TierEntry } from './tiers.js';

export interface TierContents {
  primary: TierEntry | undefined;
  backup: TierEntry | undefined;
  refresh: RefreshRecord | undefined;
}

/** The cache tiers: this process's memory, and Redis behind it when there is one. */
@Injectable()
export class SwarmTiers {
  constructor(private readonly cache: CacheService) {}

  /** False when the tiers are this process's own: then it must fill them itself from what others publish. */
  get shared(): boolean {
    return this.cache.status() !== 'memory';
  }

  /** Nothing while Redis is away: copies of what it held are not what it holds. */
  async read(): Promise<TierContents> {
    if (this.cache.status() === 'unavailable') return { primary: undefined, backup: undefined, refresh: undefined };
    const [primary, backup, refresh] = await Promise.all([
      this.cache.get<TierEntry>(PRIMARY.key),
      this.cache.get<TierEntry>(BACKUP.key),
      this.cache.get<RefreshRecord>(REFRESH.key),
    ]);
    return { primary, backup, refresh };
  }

  /** Puts a picture into the tiers, each for as long as a picture of this age may still stay there. */
  async fill(picture: SwarmPicture, bytes: Buffer, now: Date): Promise<void> {
    const age = Math.max(0, (now.getTime() - Date.parse(picture.collectedAt)) / 1000);
    const entry: TierEntry = {
      revision: picture.revision,
      collectedAt: picture.collectedAt,
      cachedAt: now.toISOString(),
      encoded: bytes.toString('base64'),
    };
    const performance = performanceMetrics(picture, { primaryCached: true, backupCached: true });
    const values = [
      [PRIMARY, entry],
      [BACKUP, entry],
      [PERFORMANCE, performance],
    ] as const;
    await Promise.all(
      values
        .filter(([tier]) => tier.ttlSeconds > age)
        .map(([tier, value]) => this.cache.set(tier.key, value, (tier.ttlSeconds - age) * 1000)),
    );
  }

  async tell(refresh: RefreshRecord): Promise<void> {
    await this.cache.set(REFRESH.key, refresh, REFRESH.ttlSeconds * 1000);
  }
}
