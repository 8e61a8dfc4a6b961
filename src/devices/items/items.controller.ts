import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import {
  createItemBody,
  type CreateItemBody,
  deviceItemsQuery,
  type DeviceItemsQuery,
  idParams,
  type IdParams,
  itemExample,
  itemSchema,
  itemsQuery,
  type ItemsQuery,
  updateItemBody,
  type UpdateItemBody,
} from './items.dto.js';
import { Items } from './items.service.js';

const shown = { tag: 'Monitoring items', response: itemSchema, example: itemExample } as const;
const { name, oid, value_type, transform, units } = itemExample;

/** What is asked of devices over SNMP. */
@Controller('api/v1')
export class ItemsController {
  constructor(private readonly items: Items) {}

  @Get('items')
  @ApiEndpoint({ ...shown, summary: 'Monitoring items of all devices', role: 'viewer', query: itemsQuery, list: true })
  list(@Query() query: ItemsQuery) {
    return this.items.list(query);
  }

  @Get('items/:id')
  @ApiEndpoint({
    ...shown,
    summary: 'One monitoring item',
    role: 'viewer',
    params: idParams,
    errors: ['item_not_found'],
  })
  async one(@Param() { id }: IdParams) {
    return envelope(await this.items.one(id));
  }

  @Patch('items/:id')
  @ApiEndpoint({
    ...shown,
    summary: 'Change a monitoring item',
    description: 'Of an item that a template made only `enabled` and `interval_seconds` change.',
    role: 'admin',
    params: idParams,
    body: updateItemBody,
    bodyExample: { enabled: false },
    errors: ['item_not_found', 'item_of_template', 'name_taken'],
  })
  async update(@Param() { id }: IdParams, @Body() body: UpdateItemBody, @Req() request: FastifyRequest) {
    return envelope(await this.items.update(id, body, request));
  }

  @Delete('items/:id')
  @ApiEndpoint({
    tag: shown.tag,
    summary: 'Remove a monitoring item',
    description: 'Its history is kept until its retention is over.',
    role: 'admin',
    params: idParams,
    response: null,
    errors: ['item_not_found', 'item_of_template'],
  })
  async remove(@Param() { id }: IdParams, @Req() request: FastifyRequest) {
    await this.items.remove(id, request);
  }

  @Get('devices/:id/items')
  @ApiEndpoint({
    ...shown,
    summary: 'Monitoring items of a device',
    role: 'viewer',
    params: idParams,
    query: deviceItemsQuery,
    list: true,
    errors: ['device_not_found'],
  })
  ofDevice(@Param() { id }: IdParams, @Query() query: DeviceItemsQuery) {
    return this.items.ofDevice(id, query);
  }

  @Post('devices/:id/items')
  @ApiEndpoint({
    ...shown,
    summary: 'Add a monitoring item to a device',
    role: 'admin',
    params: idParams,
    body: createItemBody,
    bodyExample: { name, oid, value_type, transform, units },
    status: 201,
    errors: ['device_not_found', 'too_many_items', 'name_taken'],
  })
  async create(@Param() { id }: IdParams, @Body() body: CreateItemBody, @Req() request: FastifyRequest) {
    return envelope(await this.items.create(id, body, request));
  }
}
