import { Controller, Get, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import {
  deliveriesQuery,
  type DeliveriesQuery,
  deliveryDetailExample,
  deliveryDetailSchema,
  deliveryExample as example,
  deliveryParams as params,
  type DeliveryParams,
  deliverySchema as response,
} from './deliveries.dto.js';
import { Deliveries } from './deliveries.service.js';

const tag = 'Deliveries';

@Controller('api/v1/deliveries')
export class DeliveriesController {
  constructor(private readonly deliveries: Deliveries) {}

  @Get()
  @ApiEndpoint({
    tag,
    summary: 'What was told to whom',
    role: 'viewer',
    query: deliveriesQuery,
    response,
    list: true,
    example,
  })
  list(@Query() query: DeliveriesQuery) {
    return this.deliveries.list(query);
  }

  @Get(':id')
  @ApiEndpoint({
    tag,
    summary: 'One delivery, with its alerts and attempts',
    role: 'viewer',
    params,
    response: deliveryDetailSchema,
    example: deliveryDetailExample,
    errors: ['delivery_not_found'],
  })
  async one(@Param() { id }: DeliveryParams) {
    return envelope(await this.deliveries.one(id));
  }

  @Post(':id/retry')
  @ApiEndpoint({
    tag,
    summary: 'Retry a delivery now',
    description:
      'One that failed, or waits for a further attempt. It keeps its id, which is its idempotency key, and is tried for another 24 h. ' +
      'What says that alerts fire which have ended since is refused.',
    role: 'operator',
    params,
    status: 200,
    response: deliveryDetailSchema,
    example: deliveryDetailExample,
    errors: ['delivery_not_found', 'delivery_not_retryable', 'delivery_outdated'],
  })
  async retry(@Param() { id }: DeliveryParams, @Req() request: FastifyRequest) {
    return envelope(await this.deliveries.retry(id, request));
  }
}
