import { Injectable } from '@nestjs/common';
import type { Lease } from '../../platform/database/lease.store.js';
import type { CycleSlot } from '../../platform/queue/cycle-slot.js';
import { CycleStore } from '../../platform/queue/cycle.store.js';
import { encodePicture } from './picture-codec.js';
import { PictureMemo } from './picture-memo.service.js';
import type { RefreshRecord } from './refresh-record.js';
import { SwarmStateStore } from './swarm-state.store.js';
import type { SwarmMemory, SwarmPicture } from './swarm-picture.js';
import { SwarmTiers } from './swarm-tiers.service.js';

/** Puts a good picture into every tier, and the record of a bad attempt beside it. */
@Injectable()
export class SwarmPublisher {
  constructor(
    private readonly store: SwarmStateStore,
    private readonly cycles: CycleStore,
    private readonly tiers: SwarmTiers,
    private readonly memo: PictureMemo,
  ) {}

  /**
   * PostgreSQL first: whoever reads a newer picture from a tier must find it again after a restart.
   * @param lease of the refresh lock: PostgreSQL is written through its session
   * @param slot claimed in the same transaction; a slot that was recorded before publishes nothing
   * @returns whether it was published
   */
  async publish(
    picture: SwarmPicture,
    memory: SwarmMemory,
    refresh: RefreshRecord,
    lease: Lease,
    slot: CycleSlot | null,
  ): Promise<boolean> {
    const bytes = await encodePicture(picture);
    await lease.assertHeld();
    const { revision, collectedAt } = picture;
    const entry = { revision, collectedAt, picture: bytes };
    const published = await lease.manager.transaction(async (manager) => {
      if (slot && !(await this.cycles.claim(slot, manager))) return false;
      await this.store.publish(entry, memory, refresh, manager);
      return true;
    });
    if (!published) return false;
    // Somebody frozen in between must not put an old picture over a newer one.
    await lease.assertHeld();
    this.memo.remember(picture);
    await this.tiers.fill(picture, bytes, new Date());
    await this.tiers.tell(refresh);
    return true;
  }

  async recordFailure(refresh: RefreshRecord): Promise<void> {
    await this.tiers.tell(refresh);
    await this.store.recordFailure(refresh);
  }

  /**
   * Puts the last stored picture back into shared tiers that lost it (Redis emptied or replaced), for the time it has left;
   * a process's own memory is filled by its reader.
   * @returns whether there was something to put back
   */
  async rewarm(now: Date): Promise<boolean> {
    if (!this.tiers.shared) return false;
    const { primary, backup } = await this.tiers.read();
    if (primary && backup) return false;
    const stored = await this.store.read(null);
    if (!stored?.picture || !stored.revision) return false;
    const { revision, picture: bytes } = stored;
    const picture = await this.memo.decode(revision, () => bytes);
    await this.tiers.fill(picture, bytes, now);
    return true;
  }
}
