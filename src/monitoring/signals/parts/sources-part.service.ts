import { Injectable } from '@nestjs/common';
import { EvaluatorStatus } from '../../../alerts/evaluator/evaluator-status.service.js';
import { SamplePart } from '../sample-part.port.js';
import { ofInstallation, type Sample } from '../sample.js';

/** Whether rules can be judged, as the evaluator of this process says; nothing of one that stands by. */
@Injectable()
export class SourcesPart extends SamplePart {
  readonly name = 'the sources of values';

  constructor(private readonly evaluator: EvaluatorStatus) {
    super();
  }

  async take(): Promise<Sample[]> {
    const { failedSources } = this.evaluator;
    return failedSources === null ? [] : ofInstallation({ 'self.sources_failed': failedSources });
  }
}
