import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { Lease } from '../../platform/database/advisory-lock.store.js';
import { messageOf } from '../../platform/queue/connection-failure.js';
import { Partitions } from '../history/partitions.store.js';
import { commitFailure, pauseBefore } from './commit-failure.js';
import { type CommittedTurn, CycleCommitStore, type ProbedTurn } from './cycle-commit.store.js';

/** Between two lines about the same trouble. */
const LINE_EVERY_MS = 60_000;

/** Gets turns written, through a database that is away for a while and days without a partition. */
@Injectable()
export class CycleCommitter {
  private readonly log = new Logger('Probes');
  private toldAt = -Infinity;

  constructor(
    private readonly store: CycleCommitStore,
    private readonly partitions: Partitions,
  ) {}

  /**
   * Tries until it is written, or the next turn is due.
   * @param lease of the turn: it is written through that session as long as it lives, so that a turn needs one connection only
   * @returns null when it was written before
   * @throws what the last try failed with
   */
  async commit(probed: ProbedTurn, lease: Lease, signal: AbortSignal): Promise<CommittedTurn | null> {
    const { dueAt, intervalSeconds } = probed.turn;
    const until = performance.now() + dueAt.getTime() + intervalSeconds * 1_000 - Date.now();
    let repaired = false;
    for (let tries = 1; ; tries++) {
      try {
        const isHeld = tries === 1 && !lease.signal.aborted;
        const committed = await this.store.commit(probed, isHeld ? lease.manager : undefined);
        if (committed?.sightChanged) this.tellSight(committed);
        return committed;
      } catch (error) {
        const failure = commitFailure(error);
        const wait = pauseBefore(tries);
        if (failure === 'partition' && !repaired) {
          repaired = true;
          this.log.warn('There is no partition for the results of now; it is made');
          // Another worker may have made it at the same moment: the second try will tell.
          await this.partitions.ensure(new Date()).catch((failed: unknown) => this.log.warn(messageOf(failed)));
        } else if (failure !== 'later' || performance.now() + wait > until) {
          throw error;
        } else {
          this.tellTrouble(probed, error);
          await pause(wait, undefined, { signal });
        }
      }
    }
  }

  private tellSight({ sight }: CommittedTurn): void {
    if (!sight.blind) return this.log.log('The vantage point sees again: failures are failures of devices');
    const what = sight.reason === 'canaries' ? 'no canary answers' : 'nearly everything that was up fails at once';
    this.log.warn(`The vantage point is blind: ${what}. No device is called down for it`);
  }

  private tellTrouble({ turn }: ProbedTurn, error: unknown): void {
    const line = `Cycle ${turn.kind} of shard ${turn.shard} could not be written and is tried again: ${messageOf(error)}`;
    if (performance.now() - this.toldAt > LINE_EVERY_MS) this.log.warn(line);
    else this.log.debug(line);
    this.toldAt = performance.now();
  }
}
