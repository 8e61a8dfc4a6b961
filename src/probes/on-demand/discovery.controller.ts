import { Body, Controller, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { enqueuedSchema } from './check-now.dto.js';
import { DiscoveryAcceptance } from './discovery-acceptance.service.js';
import { DiscoveryRequests } from './discovery-requests.service.js';
import {
  type AcceptBody,
  acceptBody,
  acceptBodyExample,
  acceptedExample,
  acceptedSchema,
  type AcceptParams,
  acceptParams,
  discoveryExample,
  type StartDiscoveryBody,
  startDiscoveryBody,
  startDiscoveryExample,
} from './discovery.dto.js';

/** Looks for devices. */
@Controller('api/v1/discovery')
export class DiscoveryController {
  constructor(
    private readonly requests: DiscoveryRequests,
    private readonly acceptance: DiscoveryAcceptance,
  ) {}

  @Post()
  @ApiEndpoint({
    tag: 'Discovery',
    summary: 'Scan a subnet',
    description:
      'Enqueues a scan, or joins the one of this subnet that waits or runs. Its progress is on the stream, its result (`cidr`, ' +
      '`scanned`, `found` with address, round-trip time, host name, open ports and the device that is known already) in GET ' +
      '/api/v1/jobs/{id}. Nothing is added to the inventory before it is accepted. With `snmp_credential` it needs the role admin: ' +
      'the addresses that are asked get to know the community.',
    role: 'operator',
    body: startDiscoveryBody,
    bodyExample: startDiscoveryExample,
    status: 202,
    response: enqueuedSchema,
    example: discoveryExample,
    errors: ['too_many_discoveries', 'queue_unavailable'],
  })
  async start(@Body() body: StartDiscoveryBody, @Req() request: FastifyRequest) {
    const { jobId, coalesced } = await this.requests.start(body, request);
    return envelope({ job_id: jobId, coalesced });
  }

  @Post(':job_id/accept')
  @ApiEndpoint({
    tag: 'Discovery',
    summary: 'Add what a scan found',
    description:
      'Creates a device of each address, one by one, and says of each what became of it. The devices are pinged.',
    role: 'admin',
    params: acceptParams,
    body: acceptBody,
    bodyExample: acceptBodyExample,
    response: acceptedSchema,
    example: acceptedExample,
    errors: ['discovery_not_found', 'discovery_not_finished', 'queue_unavailable'],
  })
  async accept(@Param() { job_id: jobId }: AcceptParams, @Body() body: AcceptBody, @Req() request: FastifyRequest) {
    return envelope(await this.acceptance.accept(jobId, body, request));
  }
}
