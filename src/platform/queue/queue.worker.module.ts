import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { JobAnnouncer } from './job-announcer.service.js';
import { JobHandlerExplorer } from './job-handler.explorer.js';
import { JobRunner } from './job-runner.service.js';
import { QueueMaintenanceProcessor } from './queue-maintenance.processor.js';
import { WorkerHeartbeat } from './worker-heartbeat.service.js';
import { WorkerHost, WorkerTimes } from './worker-host.service.js';

/** Makes the process a worker: it takes jobs and runs their handlers. Needs {@link QueueModule}. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    WorkerTimes,
    JobAnnouncer,
    JobHandlerExplorer,
    JobRunner,
    WorkerHost,
    WorkerHeartbeat,
    QueueMaintenanceProcessor,
  ],
  exports: [WorkerHost],
})
export class QueueWorkerModule {}
