import { Injectable } from '@nestjs/common';
import { CacheService } from '../../platform/cache/cache.service.js';
import { within } from '../../platform/observability/time-limit.js';
import { PictureMemo } from './picture-memo.service.js';
import { NO_READING, type SwarmReading } from './reading.js';
import { NO_REFRESH_YET, type RefreshRecord } from './refresh-record.js';
import { SwarmStateStore } from './swarm-state.store.js';
import { TierHitCounter } from './tier-hits.js';
import { BACKUP, PRIMARY, REFRESH, type Tier, type TierEntry } from './tiers.js';

/** How long a reading is reused before the tiers are asked again. */
const COPY_MS = 1_000;
/** How long a reader waits for the tiers when it has something older to show, and when it has nothing. */
const PATIENCE_MS = 250;
const PATIENCE_WITHOUT_COPY_MS = 2_000;

/**
 * Answers what is known of the swarm: memory copy (at most 1 s old), primary tier, backup tier, PostgreSQL. Never waits
 * for Docker, and for a sick cache or database only {@link PATIENCE_MS}; then it serves its last copy, marked stale.
 */
@Injectable()
export class SwarmReader {
  readonly hits = new TierHitCounter();
  private copy: SwarmReading | null = null;
  private copiedAt = 0;
  private epoch = 0;
  private underWay: Promise<SwarmReading> | null = null;

  constructor(
    private readonly cache: CacheService,
    private readonly store: SwarmStateStore,
    private readonly memo: PictureMemo,
  ) {}

  /** The copy when it is fresh: what a hot path asks first, since it costs no promise. */
  peek(): SwarmReading | null {
    return Date.now() - this.copiedAt < COPY_MS ? this.copy : null;
  }

  async current(): Promise<SwarmReading> {
    const fresh = this.peek();
    if (fresh) return fresh;
    this.underWay ??= this.look().finally(() => (this.underWay = null));
    const patience = this.copy ? PATIENCE_MS : PATIENCE_WITHOUT_COPY_MS;
    return within(patience, this.underWay).catch(() => this.keep(this.lastCopy(), this.epoch));
  }

  /** Forgets that the copy is fresh: in the process that refreshes, readers see the outcome at once. */
  forget(): void {
    this.epoch += 1;
    this.copiedAt = 0;
  }

  private async look(): Promise<SwarmReading> {
    const { epoch } = this;
    // While Redis is away this process has only copies of the tiers: PostgreSQL knows better.
    if (this.cache.status() === 'unavailable')
      return this.keep(await this.fromDatabase(undefined, 'database', false), epoch);
    const [primary, backup, told] = await Promise.all([
      this.cache.get<TierEntry>(PRIMARY.key),
      this.cache.get<TierEntry>(BACKUP.key),
      this.cache.get<RefreshRecord>(REFRESH.key),
    ]);
    const entry = primary ?? backup;
    const tier = primary ? 'primary' : 'backup';
    const reading =
      entry && told
        ? await this.fromTier(entry, tier, backup !== undefined, told)
        : await this.fromDatabase(entry, tier, backup !== undefined);
    return this.keep(reading, epoch);
  }

  /** A reading begun before the last {@link forget} may be older than what was published since: it is not fresh. */
  private keep(reading: SwarmReading, epoch: number): SwarmReading {
    this.hits.count(reading.tier, new Date());
    this.copy = reading;
    this.copiedAt = epoch === this.epoch ? Date.now() : 0;
    return reading;
  }

  private async fromTier(
    entry: TierEntry,
    tier: Tier,
    backupCached: boolean,
    refresh: RefreshRecord,
  ): Promise<SwarmReading> {
    const picture = await this.memo.decode(entry.revision, () => Buffer.from(entry.encoded, 'base64'));
    return { picture, tier, cachedAt: entry.cachedAt, backupCached, refresh, unconfirmed: false };
  }

  /** PostgreSQL has the record for a tier that has none, and the picture when no tier has it. */
  private async fromDatabase(entry: TierEntry | undefined, tier: Tier, backupCached: boolean): Promise<SwarmReading> {
    const stored = await this.store.read(entry?.revision ?? this.memo.revision);
    const refresh = stored?.refresh ?? NO_REFRESH_YET;
    if (entry) return this.fromTier(entry, tier, backupCached, refresh);
    if (!stored?.revision) return { ...NO_READING, refresh };
    const picture = await this.memo.decode(stored.revision, () => stored.picture ?? Buffer.alloc(0));
    return { picture, tier: 'database', cachedAt: stored.collectedAt, backupCached, refresh, unconfirmed: false };
  }

  private lastCopy(): SwarmReading {
    const reading: SwarmReading = this.copy
      ? { ...this.copy, tier: this.copy.picture ? 'memory' : 'unavailable', unconfirmed: true }
      : { ...NO_READING, refresh: NO_REFRESH_YET, unconfirmed: true };
    return reading;
  }
}
