import { Controller, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { ProblemException } from '../../platform/http/problem.js';
import { JobProducer } from '../../platform/queue/job-producer.service.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { checkNowExample, type CheckNowParams, checkNowParams, enqueuedSchema } from './check-now.dto.js';
import { DeviceToCheckStore } from './device-to-check.store.js';

/** Why is this down? */
@Controller('api/v1/devices')
export class CheckNowController {
  constructor(
    private readonly devices: DeviceToCheckStore,
    private readonly jobs: JobProducer,
    private readonly audit: AuditLog,
  ) {}

  @Post(':id/check-now')
  @ApiEndpoint({
    tag: 'Devices',
    summary: 'Probe a device now',
    description:
      'Enqueues one probe, or joins the one that waits or runs for this device; disabled devices can be probed too. The result of the ' +
      'job has what the driver heard word for word (`raw`) and one sentence for people (`explanation`). It does not change the ' +
      'state or the history of the device: those are made by the cycles.',
    role: 'operator',
    params: checkNowParams,
    status: 202,
    response: enqueuedSchema,
    example: checkNowExample,
    errors: ['device_not_found', 'queue_unavailable'],
  })
  async checkNow(@Param() { id }: CheckNowParams, @Req() request: FastifyRequest) {
    if (!(await this.devices.exists(id))) throw new ProblemException('device_not_found');
    const { jobId, coalesced } = await this.jobs.enqueue(
      'device.check',
      { deviceId: id },
      { dedupe: `device.check:${id}` },
    );
    await this.audit.record({
      request,
      action: 'device.check_requested',
      subjectType: 'device',
      subjectId: id,
      after: { job_id: jobId },
    });
    return envelope({ job_id: jobId, coalesced });
  }
}
