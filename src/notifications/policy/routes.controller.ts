import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import {
  changeRouteBody,
  type ChangeRouteBody,
  createRouteBody,
  type CreateRouteBody,
  routeExample as example,
  routeParams as params,
  type RouteParams,
  routeSchema as response,
  routesQuery,
  type RoutesQuery,
} from './routes.dto.js';
import { NotificationRoutes } from './routes.service.js';

const tag = 'Notification routes';
const { name, matchers, quiet_hours } = example;

@Controller('api/v1/notification-routes')
export class NotificationRoutesController {
  constructor(private readonly routes: NotificationRoutes) {}

  @Get()
  @ApiEndpoint({
    tag,
    summary: 'Notification routes',
    description: 'In the order in which they are asked.',
    role: 'viewer',
    query: routesQuery,
    response,
    list: true,
    example,
  })
  list(@Query() query: RoutesQuery) {
    return this.routes.list(query);
  }

  @Get(':id')
  @ApiEndpoint({
    tag,
    summary: 'One notification route',
    role: 'viewer',
    params,
    response,
    example,
    errors: ['notification_route_not_found'],
  })
  async one(@Param() { id }: RouteParams) {
    return envelope(await this.routes.one(id));
  }

  @Post()
  @ApiEndpoint({
    tag,
    summary: 'Make a notification route',
    description:
      'An alert of a rule that names channels goes to those; every other one to the channels of the first route that matches it, and of the ' +
      'next ones if that `continues`; without a route to the default channels. The first route that matches also says how long notices gather, ' +
      'who is reminded and told further, and when it is quiet.',
    role: 'admin',
    body: createRouteBody,
    bodyExample: { name, matchers, channels: ['ops-webhook'], remind_every_minutes: 240, quiet_hours },
    status: 201,
    response,
    example,
    errors: ['name_taken', 'too_many_notification_routes'],
  })
  async create(@Body() body: CreateRouteBody, @Req() request: FastifyRequest) {
    return envelope(await this.routes.create(body, request));
  }

  @Patch(':id')
  @ApiEndpoint({
    tag,
    summary: 'Change a notification route',
    description: 'Holds for what is told from now on; what waits already goes out as it was planned.',
    role: 'admin',
    params,
    body: changeRouteBody,
    bodyExample: { enabled: false },
    response,
    example,
    errors: ['notification_route_not_found', 'name_taken'],
  })
  async change(@Param() { id }: RouteParams, @Body() body: ChangeRouteBody, @Req() request: FastifyRequest) {
    return envelope(await this.routes.change(id, body, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag,
    summary: 'Delete a notification route',
    role: 'admin',
    params,
    response: null,
    errors: ['notification_route_not_found'],
  })
  async remove(@Param() { id }: RouteParams, @Req() request: FastifyRequest) {
    await this.routes.remove(id, request);
  }
}
