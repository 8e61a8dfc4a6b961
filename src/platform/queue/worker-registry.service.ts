import { Injectable } from '@nestjs/common';
import { type LiveWorker, WorkerStore } from './worker.store.js';

/** A worker that has not been seen for this long is dead. It beats every 10 s, so two beats may be lost. */
export const ALIVE_SECONDS = 30;

/** Says which workers are alive, in any role. */
@Injectable()
export class WorkerRegistry {
  constructor(private readonly store: WorkerStore) {}

  /** Live workers by the database's clock, and how many jobs they can run at once altogether. */
  async live(): Promise<{ workers: LiveWorker[]; concurrency: number }> {
    const workers = await this.store.seenWithin(ALIVE_SECONDS);
    return { workers, concurrency: workers.reduce((sum, { concurrency }) => sum + concurrency, 0) };
  }
}
