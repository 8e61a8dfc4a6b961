import { Injectable } from '@nestjs/common';
import { CycleStore } from '../../platform/queue/cycle.store.js';
import { JobHandler, type JobContext } from '../../platform/queue/job-handler.decorator.js';
import type { JobPayload } from '../../platform/queue/job-catalogue.js';
import type { RefreshOutcome } from './refresh-outcome.js';
import { SwarmRefresher } from './swarm-refresher.service.js';

/** Jobs that need the Docker Engine. */
@Injectable()
export class SwarmProcessor {
  constructor(
    private readonly refresher: SwarmRefresher,
    private readonly cycles: CycleStore,
  ) {}

  @JobHandler('swarm.refresh')
  async refresh(
    { requestedBy, requestedAt }: JobPayload<'swarm.refresh'>,
    { signal, slot }: JobContext,
  ): Promise<RefreshOutcome> {
    const request = { requestedBy, requestedAt: new Date(requestedAt), slot };
    const outcome = await this.refresher.refresh(request, signal);
    // A turn that fell into a refresh that was still running: skipped, and counted.
    if (outcome.kind === 'busy' && slot) await this.cycles.recordMiss(slot, 'overlap');
    return outcome;
  }
}
