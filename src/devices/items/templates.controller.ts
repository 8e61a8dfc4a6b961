import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { idParams, type IdParams } from './items.dto.js';
import {
  applicationExample,
  applicationSchema,
  applyTemplateBody,
  type ApplyTemplateBody,
  changedTemplateSchema,
  createTemplateBody,
  type CreateTemplateBody,
  templateExample,
  templateSchema,
  templatesQuery,
  type TemplatesQuery,
  updateTemplateBody,
  type UpdateTemplateBody,
} from './templates.dto.js';
import { Templates } from './templates.service.js';

const tag = 'Templates';
const shown = { tag, response: templateSchema, example: templateExample } as const;
const application = {
  tag,
  role: 'admin',
  params: idParams,
  body: applyTemplateBody,
  bodyExample: { selector: { tags: ['core'] }, dry_run: true },
  response: applicationSchema,
} as const;
const { name, description, items } = templateExample;

/** Sets of monitoring items that many devices have. */
@Controller('api/v1/templates')
export class TemplatesController {
  constructor(private readonly templates: Templates) {}

  @Get()
  @ApiEndpoint({ ...shown, summary: 'Templates', role: 'viewer', query: templatesQuery, list: true })
  list(@Query() query: TemplatesQuery) {
    return this.templates.list(query);
  }

  @Get(':id')
  @ApiEndpoint({ ...shown, summary: 'One template', role: 'viewer', params: idParams, errors: ['template_not_found'] })
  async one(@Param() { id }: IdParams) {
    return envelope(await this.templates.one(id));
  }

  @Post()
  @ApiEndpoint({
    ...shown,
    summary: 'Create a template',
    role: 'admin',
    body: createTemplateBody,
    bodyExample: { name, description, items },
    status: 201,
    errors: ['name_taken', 'inventory_busy'],
  })
  async create(@Body() body: CreateTemplateBody, @Req() request: FastifyRequest) {
    return envelope(await this.templates.create(body, request));
  }

  @Patch(':id')
  @ApiEndpoint({
    tag,
    summary: 'Change a template',
    description:
      '`items` is the whole list. All devices that have the template are brought in line; an interval that was set on a device stays.',
    role: 'admin',
    params: idParams,
    body: updateTemplateBody,
    bodyExample: { items },
    response: changedTemplateSchema,
    example: { ...templateExample, changes: { ...applicationExample, devices_changed: 0 } },
    errors: ['template_not_found', 'name_taken', 'too_many_items', 'inventory_busy'],
  })
  async update(@Param() { id }: IdParams, @Body() body: UpdateTemplateBody, @Req() request: FastifyRequest) {
    return envelope(await this.templates.update(id, body, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag,
    summary: 'Delete a template that no device has',
    role: 'admin',
    params: idParams,
    response: null,
    errors: ['template_not_found', 'in_use', 'inventory_busy'],
  })
  async delete(@Param() { id }: IdParams, @Req() request: FastifyRequest) {
    await this.templates.remove(id, request);
  }

  @Post(':id/apply')
  @ApiEndpoint({
    ...application,
    summary: 'Give devices a template',
    description: 'Makes the items that the devices lack; an item of the same name that a device has by itself is kept.',
    example: applicationExample,
    errors: ['template_not_found', 'too_many_items', 'inventory_busy'],
  })
  async apply(@Param() { id }: IdParams, @Body() body: ApplyTemplateBody, @Req() request: FastifyRequest) {
    return envelope(await this.templates.apply(id, body, request));
  }

  @Post(':id/remove')
  @ApiEndpoint({
    ...application,
    summary: 'Take a template from devices',
    description: 'Removes the items that it made.',
    example: { ...applicationExample, items_added: 0, items_removed: 39, conflicts: 0, conflict_examples: [] },
    errors: ['template_not_found', 'inventory_busy'],
  })
  async remove(@Param() { id }: IdParams, @Body() body: ApplyTemplateBody, @Req() request: FastifyRequest) {
    return envelope(await this.templates.takeAway(id, body, request));
  }
}
