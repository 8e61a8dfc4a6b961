import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiEndpoint } from '../../../platform/http/endpoint.decorator.js';
import { StreamedAnswers } from '../streamed-answer.client.js';
import {
  standaloneDeviceSchema,
  standaloneExample,
  standaloneQuery,
  type StandaloneQuery,
} from './standalone-list.dto.js';
import { StandaloneListStore } from './standalone-list.store.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** The list that the old system's clients poll. */
@Controller('api/v1/devices')
export class StandaloneListController {
  constructor(
    private readonly list: StandaloneListStore,
    private readonly answers: StreamedAnswers,
  ) {}

  @Get('standalone/list')
  @ApiEndpoint({
    tag: 'Device states',
    summary: 'All devices with what is known of them',
    description:
      'A bare array, sorted by name. Without `limit` it holds all devices that the filters leave; very long ones are streamed, have no ' +
      '`ETag`, and are cut when the client takes longer than a minute: ask for pages of 5,000 over a slow line. The header `X-Total-Count` says how many there are whatever `skip` and `limit`.',
    role: 'viewer',
    query: standaloneQuery,
    response: z.array(standaloneDeviceSchema),
    bare: true,
    example: [standaloneExample],
    headers: { 'X-Total-Count': { type: 'integer', description: 'How many devices the filters leave.' } },
    errors: ['too_many_reports'],
    direct: true,
  })
  async standalone(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { total, json } = await this.list.read(request.query as StandaloneQuery);
    reply.header('x-total-count', total);
    if (typeof json === 'string') await reply.header('content-type', JSON_TYPE).send(json);
    else await this.answers.send(request, reply, JSON_TYPE, json);
  }
}
