import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { JobHandlerExplorer } from './job-handler.explorer.js';
import { JobRunner } from './job-runner.service.js';
import { QueueMaintenanceProcessor } from './queue-maintenance.processor.js';
import { WorkerHeartbeat } from './worker-heartbeat.service.js';
import { WorkerHost, WorkerTimes } from './worker-host.service.js';
import { WorkerVersion } from './worker-version.js';

/** Makes the process a worker: it takes jobs and runs their handlers. Needs {@link QueueModule}. */
@Module({})
export class QueueWorkerModule {
  /** @param version of the product, shown in the registry */
  static forRoot(version: string): DynamicModule {
    return {
      module: QueueWorkerModule,
      imports: [DiscoveryModule],
      providers: [
        { provide: WorkerVersion, useValue: { text: version } },
        WorkerTimes,
        JobHandlerExplorer,
        JobRunner,
        WorkerHost,
        WorkerHeartbeat,
        QueueMaintenanceProcessor,
      ],
      exports: [WorkerHost],
    };
  }
}
