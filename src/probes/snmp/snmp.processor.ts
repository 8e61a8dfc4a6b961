import { Injectable } from '@nestjs/common';
import type { JobPayload } from '../../platform/queue/job-catalogue.js';
import { JobHandler, type JobContext } from '../../platform/queue/job-handler.decorator.js';
import { type PollOutcome, SnmpPoller } from './snmp-poller.service.js';

/** SNMP polls as jobs, in a queue of their own: a slow agent never delays a ping. */
@Injectable()
export class SnmpProcessor {
  constructor(private readonly poller: SnmpPoller) {}

  @JobHandler('snmp.poll')
  poll(payload: JobPayload<'snmp.poll'>, context: JobContext): Promise<PollOutcome> {
    return this.poller.poll(payload, context);
  }
}
