import { Injectable } from '@nestjs/common';
import { ProcessFiguresStore } from '../process-figures.store.js';
import { summarise } from '../process-report.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';

/** Processes report every 10 s; whoever has been silent for longer is not asked. */
const HEARD_WITHIN_SECONDS = 30;

/** What all processes say of themselves. */
@Injectable()
export class ProcessesPart extends SamplePart {
  readonly name = 'the processes';

  constructor(private readonly store: ProcessFiguresStore) {
    super();
  }

  async take(): Promise<Sample[]> {
    const summary = summarise(await this.store.reportsWithin(HEARD_WITHIN_SECONDS));
    if (!summary) return [];
    return ofInstallation({
      'self.cpu_percent': summary.cpuPercent,
      'self.memory_percent': summary.memoryPercent,
      'self.endpoint_error_percent': summary.endpointErrorPercent,
      'self.slow_queries': summary.slowQueries,
      'self.cache_miss_percent': summary.cacheMissPercent,
      'self.db_pool_waiting': summary.poolWaiting,
    });
  }
}
