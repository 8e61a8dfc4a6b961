import { Injectable } from '@nestjs/common';
import { JobHandler, type JobContext } from '../../platform/queue/job-handler.decorator.js';
import type { JobPayload } from '../../platform/queue/job-catalogue.js';
import type { RefreshOutcome } from './refresh-outcome.js';
import { SwarmRefresher } from './swarm-refresher.service.js';

/** Jobs that need the Docker Engine. */
@Injectable()
export class SwarmProcessor {
  constructor(private readonly refresher: SwarmRefresher) {}

  @JobHandler('swarm.refresh')
  refresh({ requestedBy, requestedAt }: JobPayload<'swarm.refresh'>, { signal }: JobContext): Promise<RefreshOutcome> {
    return this.refresher.refresh({ requestedBy, requestedAt: new Date(requestedAt) }, signal);
  }
}
