import { Injectable } from '@nestjs/common';
import { Settings } from '../../../platform/config/settings.schema.js';
import { WorkerRegistry } from '../../../platform/queue/worker-registry.service.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';
import { StartGrace } from '../start-grace.service.js';
import { workersShort } from '../workers-short.js';

/** Who takes jobs. */
@Injectable()
export class WorkersPart extends SamplePart {
  readonly name = 'the workers';

  constructor(
    private readonly settings: Settings,
    private readonly registry: WorkerRegistry,
    private readonly grace: StartGrace,
  ) {
    super();
  }

  async take(): Promise<Sample[]> {
    const { concurrency } = await this.registry.live();
    const short = workersShort(concurrency, this.settings);
    if (concurrency > 0 && short === 0) this.grace.sawAllWorkers();
    if (!this.grace.isOver()) return [];
    return ofInstallation({ 'self.workers': concurrency, 'self.workers_short': short });
  }
}
