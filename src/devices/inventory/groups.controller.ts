import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { deviceExample, deviceSchema, devicesQuery, type DevicesQuery } from './devices.dto.js';
import { idParams, type IdParams } from './inventory.dto.js';
import {
  createGroupBody,
  type CreateGroupBody,
  groupExample,
  groupSchema,
  groupsQuery,
  type GroupsQuery,
  updateGroupBody,
  type UpdateGroupBody,
} from './groups.dto.js';
import { Groups } from './groups.service.js';

const shown = { tag: 'Groups', response: groupSchema, example: groupExample } as const;

@Controller('api/v1/groups')
export class GroupsController {
  constructor(private readonly groups: Groups) {}

  @Get()
  @ApiEndpoint({ ...shown, summary: 'Groups of devices', role: 'viewer', query: groupsQuery, list: true })
  list(@Query() query: GroupsQuery) {
    return this.groups.list(query);
  }

  @Post()
  @ApiEndpoint({
    ...shown,
    summary: 'Add a group',
    role: 'admin',
    body: createGroupBody,
    bodyExample: { name: 'Core network', selector: { tags: ['core'] } },
    status: 201,
    errors: ['name_taken', 'inventory_busy'],
  })
  async create(@Body() body: CreateGroupBody, @Req() request: FastifyRequest) {
    return envelope(await this.groups.create(body, request));
  }

  @Get(':id')
  @ApiEndpoint({ ...shown, summary: 'One group', role: 'viewer', params: idParams, errors: ['group_not_found'] })
  async one(@Param() { id }: IdParams) {
    return envelope(await this.groups.one(id));
  }

  @Get(':id/devices')
  @ApiEndpoint({
    tag: 'Groups',
    summary: 'Devices of a group',
    description: 'As GET /devices lists them.',
    role: 'viewer',
    params: idParams,
    query: devicesQuery,
    response: deviceSchema,
    list: true,
    example: deviceExample,
    errors: ['group_not_found'],
  })
  devices(@Param() { id }: IdParams, @Query() query: DevicesQuery) {
    return this.groups.devices(id, query);
  }

  @Patch(':id')
  @ApiEndpoint({
    ...shown,
    summary: 'Change a group',
    description: 'What is not named stays.',
    role: 'admin',
    params: idParams,
    body: updateGroupBody,
    bodyExample: { description: 'Routers and core switches' },
    errors: ['group_not_found', 'name_taken', 'inventory_busy'],
  })
  async update(@Param() { id }: IdParams, @Body() body: UpdateGroupBody, @Req() request: FastifyRequest) {
    return envelope(await this.groups.update(id, body, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag: 'Groups',
    summary: 'Remove a group',
    description: 'Its devices stay.',
    role: 'admin',
    params: idParams,
    response: null,
    errors: ['group_not_found', 'inventory_busy'],
  })
  async remove(@Param() { id }: IdParams, @Req() request: FastifyRequest) {
    await this.groups.remove(id, request);
  }
}
