import { Injectable } from '@nestjs/common';
import { Settings } from '../platform/config/settings.schema.js';
import { QueueStatistics } from '../platform/queue/queue-statistics.service.js';
import { judgeWorkers, type WorkerVerdict } from '../platform/queue/worker-health.js';
import { WorkerRegistry } from '../platform/queue/worker-registry.service.js';

/** The worker in a process of role all registers a moment after the API answers; by then it has. */
const GRACE_MS = 5_000;

export interface WorkerHealth {
  verdict: WorkerVerdict;
  reasons: string[];
  concurrency: number;
  /** Live schedulers: processes of role scheduler or all. */
  schedulers: number;
}

/** Looks at the registry and the queues: read by the health endpoint, and by the cron that tells changes. */
@Injectable()
export class WorkerHealthService {
  private readonly began = performance.now();

  constructor(
    private readonly settings: Settings,
    private readonly registry: WorkerRegistry,
    private readonly statistics: QueueStatistics,
  ) {}

  async look(): Promise<WorkerHealth> {
    const [{ workers, concurrency }, queues] = await Promise.all([this.registry.live(), this.statistics.all()]);
    const { workersMin, workersExpected } = this.settings;
    const judged = judgeWorkers({
      concurrency,
      workersMin,
      workersExpected,
      queues: queues.map(({ name, waiting, oldestWaitingSeconds }) => ({
        name,
        waiting,
        oldestWaitingSeconds,
        workers: workers.filter((worker) => worker.queues.includes(name)).length,
      })),
    });
    if (this.settings.role === 'all' && concurrency === 0 && performance.now() - this.began < GRACE_MS) {
      judged.verdict = 'degraded';
      judged.reasons = ['starting, the worker has not registered yet'];
    }
    const schedulers = workers.filter(({ kind }) => kind === 'scheduler' || kind === 'all').length;
    return { ...judged, concurrency, schedulers };
  }
}
