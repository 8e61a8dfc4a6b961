import { Injectable } from '@nestjs/common';
import type { Lease } from '../../platform/database/lease.store.js';
import { CacheService } from '../../platform/cache/cache.service.js';
import { encodePicture } from './picture-codec.js';
import { PictureMemo } from './picture-memo.service.js';
import type { RefreshRecord } from './refresh-record.js';
import { performanceMetrics } from './status-document.js';
import { SwarmStateStore } from './swarm-state.store.js';
import type { SwarmMemory, SwarmPicture } from './swarm-picture.js';
import { BACKUP, PERFORMANCE, PRIMARY, REFRESH, type TierEntry } from './tiers.js';

/** Puts a good picture into every tier, and the record of a bad attempt beside it. */
@Injectable()
export class SwarmPublisher {
  constructor(
    private readonly store: SwarmStateStore,
    private readonly cache: CacheService,
    private readonly memo: PictureMemo,
  ) {}

  /** @param lease of the refresh lock: PostgreSQL is written through its session, and the tiers only after that succeeded */
  async publish(
    picture: SwarmPicture,
    memory: SwarmMemory,
    refresh: RefreshRecord,
    now: Date,
    lease: Lease,
  ): Promise<void> {
    const bytes = await encodePicture(picture);
    await lease.assertHeld();
    const { revision, collectedAt } = picture;
    // PostgreSQL first: whoever reads a newer picture from a tier must find it again after a restart.
    await this.store.publish({ revision, collectedAt, picture: bytes }, memory, refresh, lease.manager);
    this.memo.remember(picture);
    await this.fillTiers(
      { revision, collectedAt, cachedAt: now.toISOString(), encoded: bytes.toString('base64') },
      picture,
    );
    await this.tell(refresh);
  }

  async recordFailure(refresh: RefreshRecord): Promise<void> {
    await this.tell(refresh);
    await this.store.recordFailure(refresh);
  }

  /**
   * Puts the last stored picture back into tiers that lost it (Redis emptied or replaced), for the time it has left.
   * @returns whether there was something to put back
   */
  async rewarm(now: Date): Promise<boolean> {
    if ((await this.cache.get<TierEntry>(PRIMARY.key)) && (await this.cache.get<TierEntry>(BACKUP.key))) return false;
    const stored = await this.store.read(null);
    if (!stored?.picture || !stored.revision || !stored.collectedAt) return false;
    const { revision, collectedAt, picture: bytes } = stored;
    const picture = await this.memo.decode(revision, () => bytes);
    const age = (now.getTime() - Date.parse(collectedAt)) / 1000;
    if (age > BACKUP.ttlSeconds) return false;
    await this.fillTiers(
      { revision, collectedAt, cachedAt: now.toISOString(), encoded: bytes.toString('base64') },
      picture,
      age,
    );
    return true;
  }

  private async fillTiers(entry: TierEntry, picture: SwarmPicture, age = 0): Promise<void> {
    const values = [
      [PRIMARY, entry],
      [BACKUP, entry],
      [PERFORMANCE, performanceMetrics(picture, true)],
    ] as const;
    await Promise.all(
      values
        .filter(([tier]) => tier.ttlSeconds > age)
        .map(([tier, value]) => this.cache.set(tier.key, value, (tier.ttlSeconds - age) * 1000)),
    );
  }

  private async tell(refresh: RefreshRecord): Promise<void> {
    await this.cache.set(REFRESH.key, refresh, REFRESH.ttlSeconds * 1000);
  }
}
