import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { DeviceDirectory } from './device-directory.service.js';
import { type DeviceChanges, deviceChanges, type NewDevice, newDevice } from './device-rules.js';
import { deviceExample, deviceSchema, devicesQuery, type DevicesQuery } from './devices.dto.js';
import { Devices } from './devices.service.js';
import { idParams, type IdParams } from './inventory.dto.js';

const newDeviceExample = {
  name: 'core-switch-1',
  ip: '192.0.2.10',
  vendor: 'Cisco',
  site: 'Berlin',
  tags: ['core'],
  custom_fields: { region: 'East' },
};

@Controller('api/v1/devices')
export class DevicesController {
  constructor(
    private readonly devices: Devices,
    private readonly directory: DeviceDirectory,
  ) {}

  @Get()
  @ApiEndpoint({
    tag: 'Devices',
    summary: 'Devices of the inventory',
    role: 'viewer',
    query: devicesQuery,
    response: deviceSchema,
    list: true,
    example: deviceExample,
  })
  list(@Query() query: DevicesQuery) {
    return this.directory.list(query);
  }

  @Post()
  @ApiEndpoint({
    tag: 'Devices',
    summary: 'Add a device',
    description:
      'Site, profile, parent and SNMP credential are named by id or by name. An address that another device has is refused unless ' +
      '`allow_duplicate` says that this is meant.',
    role: 'admin',
    body: newDevice,
    bodyExample: newDeviceExample,
    status: 201,
    response: deviceSchema,
    example: deviceExample,
    errors: ['duplicate_address', 'interval_unachievable', 'inventory_busy'],
  })
  async create(@Body() body: NewDevice, @Req() request: FastifyRequest) {
    return envelope(await this.devices.create(body, request));
  }

  @Get(':id')
  @ApiEndpoint({
    tag: 'Devices',
    summary: 'One device',
    role: 'viewer',
    params: idParams,
    response: deviceSchema,
    example: deviceExample,
    errors: ['device_not_found'],
  })
  async one(@Param() { id }: IdParams) {
    return envelope(await this.directory.one(id));
  }

  @Patch(':id')
  @ApiEndpoint({
    tag: 'Devices',
    summary: 'Change a device',
    description: 'What is not named stays. `tags` and `custom_fields` are replaced as a whole.',
    role: 'admin',
    params: idParams,
    body: deviceChanges,
    bodyExample: { location: 'Rack 4', enabled: true },
    response: deviceSchema,
    example: deviceExample,
    errors: ['device_not_found', 'duplicate_address', 'parent_cycle', 'interval_unachievable', 'inventory_busy'],
  })
  async update(@Param() { id }: IdParams, @Body() body: DeviceChanges, @Req() request: FastifyRequest) {
    return envelope(await this.devices.update(id, body, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag: 'Devices',
    summary: 'Remove a device',
    description: 'What probes found out about it stays until its retention ends. Its children lose their parent.',
    role: 'admin',
    params: idParams,
    response: null,
    errors: ['device_not_found', 'inventory_busy'],
  })
  async remove(@Param() { id }: IdParams, @Req() request: FastifyRequest) {
    await this.devices.remove(id, request);
  }
}
