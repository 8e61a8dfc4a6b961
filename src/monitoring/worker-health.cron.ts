import { Injectable, Logger } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import type { WorkerVerdict } from '../platform/queue/worker-health.js';
import { WorkerHealthService } from './worker-health.service.js';

/** An installation that starts is not judged yet: its processes come one after the other. */
const GRACE_MS = 60_000;

/** Looks after the workers every five minutes, here and not through the queue: a watchdog must not ride on what it watches. */
@Injectable()
export class WorkerHealthCron {
  private readonly began = performance.now();
  private readonly log = new Logger('WorkerHealth');
  private last: WorkerVerdict = 'healthy';

  constructor(private readonly health: WorkerHealthService) {}

  @Cron(CronExpression.EVERY_5_MINUTES, { name: 'worker-health' })
  async look(): Promise<void> {
    if (performance.now() - this.began < GRACE_MS) return;
    try {
      const { verdict, reasons } = await this.health.look();
      if (verdict !== 'healthy') this.log.warn(`Workers are ${verdict}: ${reasons.join('; ')}`);
      else if (this.last !== 'healthy') this.log.log('Workers are healthy again');
      this.last = verdict;
    } catch (error) {
      this.log.warn(`Could not look after the workers: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
