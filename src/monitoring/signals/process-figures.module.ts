import { type DynamicModule, Module } from '@nestjs/common';
import { RequestCounters } from '../../platform/http/request-counters.hook.js';
import { ProcessFigures } from '../../platform/observability/process-figures.service.js';
import { ProcessFiguresStore } from './process-figures.store.js';
import { ProcessReporter } from './process-reporter.service.js';

/** What every process says of itself, whatever its role is. */
@Module({})
export class ProcessFiguresModule {
  /** @param requests where the HTTP edge counts; stays at 0 in a process that serves no API */
  static forRoot(requests: RequestCounters): DynamicModule {
    return {
      module: ProcessFiguresModule,
      providers: [
        { provide: RequestCounters, useValue: requests },
        ProcessFigures,
        ProcessFiguresStore,
        ProcessReporter,
      ],
    };
  }
}
