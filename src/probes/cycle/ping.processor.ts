import { Injectable } from '@nestjs/common';
import type { JobPayload } from '../../platform/queue/job-catalogue.js';
import { JobHandler, type JobContext } from '../../platform/queue/job-handler.decorator.js';
import { type CycleOutcome, CycleRunner } from './cycle-runner.service.js';

@Injectable()
export class PingProcessor {
  constructor(private readonly runner: CycleRunner) {}

  @JobHandler('ping.cycle')
  ping(payload: JobPayload<'ping.cycle'>, context: JobContext): Promise<CycleOutcome> {
    return this.runner.run('ping', payload, context);
  }
}
