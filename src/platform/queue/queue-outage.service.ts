import { Injectable, Logger } from '@nestjs/common';
import { OutageLog } from './outage-log.js';
import type { OutageListener } from './postgres-queue.client.js';

/** One line when the queue goes away and one when it is back, for all connections of the process together. */
@Injectable()
export class QueueOutage implements OutageListener {
  private readonly outage = new OutageLog('The job queue', new Logger('Queue'));

  failed(error: unknown): void {
    this.outage.failed(error, new Date());
  }

  succeeded(): void {
    this.outage.succeeded(new Date());
  }
}
