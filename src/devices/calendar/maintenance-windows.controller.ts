import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import {
  changeWindowBody,
  type ChangeWindowBody,
  createWindowBody,
  type CreateWindowBody,
  maintenanceWindowExample as example,
  maintenanceWindowSchema as response,
  occurrencesQuery,
  type OccurrencesQuery,
  occurrencesSchema,
  windowParams as params,
  type WindowParams,
  windowsQuery,
  type WindowsQuery,
} from './maintenance-windows.dto.js';
import { MaintenanceWindows } from './maintenance-windows.service.js';

const tag = 'Maintenance windows';
const { name, scope, starts_at, ends_at, rrule, timezone } = example;

@Controller('api/v1/maintenance-windows')
export class MaintenanceWindowsController {
  constructor(private readonly windows: MaintenanceWindows) {}

  @Get()
  @ApiEndpoint({
    tag,
    summary: 'Maintenance windows',
    role: 'viewer',
    query: windowsQuery,
    response,
    list: true,
    example,
  })
  list(@Query() query: WindowsQuery) {
    return this.windows.list(query);
  }

  @Get(':id')
  @ApiEndpoint({
    tag,
    summary: 'One maintenance window',
    role: 'viewer',
    params,
    response,
    example,
    errors: ['maintenance_window_not_found'],
  })
  async one(@Param() { id }: WindowParams) {
    return envelope(await this.windows.one(id));
  }

  @Get(':id/occurrences')
  @ApiEndpoint({
    tag,
    summary: 'When a maintenance window is',
    description: 'At most 500 occurrences that overlap the range, which may be a year long.',
    role: 'viewer',
    params,
    query: occurrencesQuery,
    response: occurrencesSchema,
    example: { occurrences: [{ starts_at, ends_at }], truncated: false },
    errors: ['maintenance_window_not_found'],
  })
  async occurrences(@Param() { id }: WindowParams, @Query() query: OccurrencesQuery) {
    return envelope(await this.windows.occurrences(id, query));
  }

  @Post()
  @ApiEndpoint({
    tag,
    summary: 'Plan maintenance',
    description:
      'A recurring window begins and ends by the clock on the wall of its time zone, also in the nights the clocks change. Devices are in ' +
      'maintenance within 10 s of its begin or of this request.',
    role: 'operator',
    body: createWindowBody,
    bodyExample: { name, scope, starts_at, ends_at, rrule, timezone },
    status: 201,
    response,
    example,
    errors: ['too_many_maintenance_windows'],
  })
  async create(@Body() body: CreateWindowBody, @Req() request: FastifyRequest) {
    return envelope(await this.windows.create(body, request));
  }

  @Patch(':id')
  @ApiEndpoint({
    tag,
    summary: 'Change a maintenance window',
    role: 'operator',
    params,
    body: changeWindowBody,
    bodyExample: { enabled: false },
    response,
    example,
    errors: ['maintenance_window_not_found', 'too_many_maintenance_windows'],
  })
  async change(@Param() { id }: WindowParams, @Body() body: ChangeWindowBody, @Req() request: FastifyRequest) {
    return envelope(await this.windows.change(id, body, request));
  }

  @Post(':id/end')
  @ApiEndpoint({
    tag,
    summary: 'End a maintenance window now',
    description: 'Of a window that is once and has begun. A recurring one goes on: set `enabled` to false instead.',
    role: 'operator',
    params,
    status: 200,
    response,
    example,
    errors: ['maintenance_window_not_found', 'maintenance_window_recurs', 'maintenance_window_not_active'],
  })
  async end(@Param() { id }: WindowParams, @Req() request: FastifyRequest) {
    return envelope(await this.windows.end(id, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag,
    summary: 'Delete a maintenance window',
    description: 'What was in maintenance stays so in the history.',
    role: 'operator',
    params,
    response: null,
    errors: ['maintenance_window_not_found'],
  })
  async remove(@Param() { id }: WindowParams, @Req() request: FastifyRequest) {
    await this.windows.remove(id, request);
  }
}
