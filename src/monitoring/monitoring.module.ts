import { Module } from '@nestjs/common';
import { VictoriaMetrics } from './victoria-metrics.client.js';
import { WorkerHealthService } from './worker-health.service.js';

/** What others may ask about the product itself. */
@Module({ providers: [WorkerHealthService, VictoriaMetrics], exports: [WorkerHealthService, VictoriaMetrics] })
export class MonitoringModule {}
