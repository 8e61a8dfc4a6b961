import { Injectable } from '@nestjs/common';
import { NOT_APPLICABLE } from '../../../metrics/metric.js';
import { VictoriaMetrics } from '../../victoria-metrics.client.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';

const LIMIT_MS = 1_500;

/** Whether VictoriaMetrics answers, if there is one. */
@Injectable()
export class VictoriaMetricsPart extends SamplePart {
  readonly name = 'VictoriaMetrics';

  constructor(private readonly store: VictoriaMetrics) {
    super();
  }

  async take(): Promise<Sample[]> {
    const found = await this.store.look(LIMIT_MS);
    return ofInstallation({ 'self.victoriametrics_up': found ? Number(found.down === null) : NOT_APPLICABLE });
  }
}
