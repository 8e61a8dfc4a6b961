import { Injectable } from '@nestjs/common';
import { within } from '../../platform/observability/time-limit.js';
import { PictureMemo } from './picture-memo.service.js';
import { NO_READING, type SwarmReading } from './reading.js';
import { NO_REFRESH_YET } from './refresh-record.js';
import type { SwarmPicture } from './swarm-picture.js';
import { type StoredState, SwarmStateStore } from './swarm-state.store.js';
import { SwarmTiers, type TierContents } from './swarm-tiers.service.js';
import { TierHitCounter } from './tier-hits.js';
import type { TierEntry } from './tiers.js';

/** How long a reading is reused before the tiers are asked again. */
const COPY_MS = 1_000;
/** How long a reader waits for PostgreSQL and Redis when it has something older to show, and when it has nothing. */
const PATIENCE_MS = 250;
const PATIENCE_WITHOUT_COPY_MS = 2_000;
/** After PostgreSQL did not answer, the tiers speak alone for so long. */
const DATABASE_PAUSE_MS = 3_000;

/**
 * Answers what is known of the swarm: memory copy (at most 1 s old), primary tier, backup tier, PostgreSQL. Never waits
 * for Docker, and for a sick cache or database only {@link PATIENCE_MS}; then it serves its last copy, marked stale.
 *
 * PostgreSQL is written before the tiers, so its one small row says whether a tier lags behind (a Redis that was away,
 * another process's memory); the picture itself is fetched from there only then.
 */
@Injectable()
export class SwarmReader {
  readonly hits = new TierHitCounter();
  private copy: SwarmReading | null = null;
  /** Monotonic, as all durations here: the system's clock may be set back. */
  private copiedAt = -COPY_MS;
  private epoch = 0;
  private askDatabaseAt = 0;
  private underWay: Promise<SwarmReading> | null = null;

  constructor(
    private readonly tiers: SwarmTiers,
    private readonly store: SwarmStateStore,
    private readonly memo: PictureMemo,
  ) {}

  async current(): Promise<SwarmReading> {
    if (this.copy && performance.now() - this.copiedAt < COPY_MS) return this.copy;
    this.underWay ??= this.look().finally(() => (this.underWay = null));
    // Decoding a large picture may take longer than the patience with its source.
    return within(2 * this.patience, this.underWay).catch(() => this.keep(this.lastCopy(), this.epoch));
  }

  /** Forgets that the copy is fresh: in the process that refreshes, readers see the outcome at once. */
  forget(): void {
    this.epoch += 1;
    this.copiedAt = -COPY_MS;
  }

  private get patience(): number {
    return this.copy ? PATIENCE_MS : PATIENCE_WITHOUT_COPY_MS;
  }

  private async look(): Promise<SwarmReading> {
    const { epoch } = this;
    const [tiers, stored] = await Promise.all([this.tiers.read(), this.stored()]);
    return this.keep(await this.best(tiers, stored), epoch);
  }

  /** @returns undefined when PostgreSQL does not answer in time */
  private async stored(): Promise<StoredState | null | undefined> {
    if (performance.now() < this.askDatabaseAt) return undefined;
    return within(this.patience, this.store.read(this.memo.revision)).catch(() => {
      this.askDatabaseAt = performance.now() + DATABASE_PAUSE_MS;
      return undefined;
    });
  }

  private async best(tiers: TierContents, stored: StoredState | null | undefined): Promise<SwarmReading> {
    const { primary, backup } = tiers;
    const entry = primary ?? backup;
    const cached = { primaryCached: primary !== undefined, backupCached: backup !== undefined };
    const refresh = stored?.refresh ?? tiers.refresh ?? NO_REFRESH_YET;
    if (stored?.revision && stored.revision !== entry?.revision) {
      const picture = await this.fromDatabase(stored);
      return { ...cached, picture, tier: 'database', cachedAt: stored.collectedAt, refresh, unconfirmed: false };
    }
    if (entry) {
      const picture = await this.fromTier(entry);
      const tier = primary ? 'primary' : 'backup';
      return { ...cached, picture, tier, cachedAt: entry.cachedAt, refresh, unconfirmed: false };
    }
    return stored === undefined ? this.lastCopy() : { ...NO_READING, refresh };
  }

  private fromTier({ revision, encoded }: TierEntry): Promise<SwarmPicture> {
    return this.memo.decode(revision, () => Buffer.from(encoded, 'base64'));
  }

  private async fromDatabase({ revision, picture: bytes, refresh }: StoredState): Promise<SwarmPicture | null> {
    // No bytes: the memo had this revision when it was asked, and has it or a newer one now.
    if (!bytes || !revision) return this.memo.picture;
    const picture = await this.memo.decode(revision, () => bytes);
    // What another process published is cached here too; during an outage the tiers do not pretend to have seen it.
    if (!this.tiers.shared && refresh.consecutiveFailures === 0) await this.tiers.fill(picture, bytes, new Date());
    return picture;
  }

  /** A reading begun before the last {@link forget} may be older than what was published since: it is not fresh. */
  private keep(reading: SwarmReading, epoch: number): SwarmReading {
    // The tiers had an older picture than another process has published since: neither a hit nor a miss.
    const overtaken = reading.tier === 'database' && (reading.primaryCached || reading.backupCached);
    // Nor is it a miss that nobody has published one yet.
    const isNone = reading.tier === 'unavailable' && !reading.unconfirmed;
    if (!overtaken && !isNone) this.hits.count(reading.tier, new Date());
    this.copy = reading;
    this.copiedAt = epoch === this.epoch ? performance.now() : -COPY_MS;
    return reading;
  }

  private lastCopy(): SwarmReading {
    return this.copy
      ? { ...this.copy, tier: this.copy.picture ? 'memory' : 'unavailable', unconfirmed: true }
      : { ...NO_READING, refresh: NO_REFRESH_YET, unconfirmed: true };
  }
}
