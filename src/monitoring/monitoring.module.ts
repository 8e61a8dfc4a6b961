import { Module } from '@nestjs/common';
import { WorkerHealthService } from './worker-health.service.js';

/** What others may ask about the product itself. */
@Module({ providers: [WorkerHealthService], exports: [WorkerHealthService] })
export class MonitoringModule {}
