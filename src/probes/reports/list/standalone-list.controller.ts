import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiEndpoint } from '../../../platform/http/endpoint.decorator.js';
import { sendStreamed } from '../streamed-answer.client.js';
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
  constructor(private readonly list: StandaloneListStore) {}

  @Get('standalone/list')
  @ApiEndpoint({
    tag: 'Device states',
    summary: 'All devices with what is known of them',
    description:
      'A bare array, sorted by name. Without `limit` it holds all devices that the filters leave; very long ones are streamed and have no ' +
      '`ETag`. The header `X-Total-Count` says how many there are whatever `skip` and `limit`.',
    role: 'viewer',
    query: standaloneQuery,
    response: z.array(standaloneDeviceSchema),
    bare: true,
    example: [standaloneExample],
    direct: true,
  })
  async standalone(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { total, json } = await this.list.read(request.query as StandaloneQuery);
    reply.header('x-total-count', total);
    if (typeof json === 'string') await reply.header('content-type', JSON_TYPE).send(json);
    else await sendStreamed(request, reply, JSON_TYPE, json);
  }
}
