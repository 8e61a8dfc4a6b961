import { Injectable } from '@nestjs/common';
import { CycleStore } from './cycle.store.js';
import { JobHandler } from './job-handler.decorator.js';
import { WorkerStore } from './worker.store.js';

const DAY_SECONDS = 86_400;
/** Longer than any job can wait or be retried, so that no slot is ever done twice. */
const CYCLES_KEPT_DAYS = 30;

/** Keeps the queue's own tables small. */
@Injectable()
export class QueueMaintenanceProcessor {
  constructor(
    private readonly workers: WorkerStore,
    private readonly cycles: CycleStore,
  ) {}

  @JobHandler('workers.prune')
  async pruneWorkers(): Promise<{ removed: number }> {
    return { removed: await this.workers.prune(DAY_SECONDS) };
  }

  @JobHandler('cycles.prune')
  async pruneCycles(): Promise<{ removed: number }> {
    return { removed: await this.cycles.prune(CYCLES_KEPT_DAYS) };
  }
}
