import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { CycleStore } from './cycle.store.js';
import { JobCatalogue, jobCatalogue } from './job-catalogue.js';
import { JobCounters } from './job-counters.js';
import { JobProducer } from './job-producer.service.js';
import { JobReader } from './job-reader.service.js';
import type { QueueConnection } from './queue-connection.port.js';
import { QueueOutage } from './queue-outage.service.js';
import { QueueStatistics } from './queue-statistics.service.js';
import { QueueClient } from './queue.client.js';
import { WorkerRegistry } from './worker-registry.service.js';
import { WorkerStore } from './worker.store.js';

const shown = [
  JobProducer,
  JobReader,
  QueueStatistics,
  WorkerRegistry,
  CycleStore,
  JobCounters,
  JobCatalogue,
  WorkerStore,
  QueueOutage,
];

/**
 * What any role may do with the queue: enqueue, look a job up, read statistics and the registry of workers. It needs the global
 * `DataSource`. Nothing is connected before the first use.
 */
@Module({})
export class QueueModule {
  /** @param connection provides {@link QueueConnection} */
  static forRoot(connection: Provider<QueueConnection>): DynamicModule {
    return {
      module: QueueModule,
      global: true,
      providers: [
        connection,
        { provide: JobCatalogue, useValue: jobCatalogue },
        QueueOutage,
        QueueClient,
        JobProducer,
        JobReader,
        QueueStatistics,
        WorkerRegistry,
        WorkerStore,
        CycleStore,
        JobCounters,
      ],
      exports: [...shown, tokenOf(connection)],
    };
  }
}

function tokenOf(provider: Provider<QueueConnection>) {
  return 'provide' in provider ? provider.provide : provider;
}
