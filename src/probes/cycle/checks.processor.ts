import { Injectable } from '@nestjs/common';
import type { JobPayload } from '../../platform/queue/job-catalogue.js';
import { JobHandler, type JobContext } from '../../platform/queue/job-handler.decorator.js';
import { type CycleOutcome, CycleRunner } from './cycle-runner.service.js';

@Injectable()
export class ChecksProcessor {
  constructor(private readonly runner: CycleRunner) {}

  @JobHandler('checks.cycle')
  check(payload: JobPayload<'checks.cycle'>, context: JobContext): Promise<CycleOutcome> {
    return this.runner.run('checks', payload, context);
  }
}
