import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { idParams, type IdParams } from './inventory.dto.js';
import {
  createSiteBody,
  type CreateSiteBody,
  siteExample,
  siteSchema,
  sitesQuery,
  type SitesQuery,
  updateSiteBody,
  type UpdateSiteBody,
} from './sites.dto.js';
import { Sites } from './sites.service.js';

const shown = { tag: 'Sites', response: siteSchema, example: siteExample } as const;

@Controller('api/v1/sites')
export class SitesController {
  constructor(private readonly sites: Sites) {}

  @Get()
  @ApiEndpoint({ ...shown, summary: 'All sites', role: 'viewer', query: sitesQuery, list: true })
  list(@Query() query: SitesQuery) {
    return this.sites.list(query);
  }

  @Post()
  @ApiEndpoint({
    ...shown,
    summary: 'Add a site',
    role: 'admin',
    body: createSiteBody,
    bodyExample: { name: 'Berlin', region: 'East', latitude: 52.52, longitude: 13.405 },
    status: 201,
    errors: ['name_taken', 'inventory_busy'],
  })
  async create(@Body() body: CreateSiteBody, @Req() request: FastifyRequest) {
    return envelope(await this.sites.create(body, request));
  }

  @Get(':id')
  @ApiEndpoint({ ...shown, summary: 'One site', role: 'viewer', params: idParams, errors: ['site_not_found'] })
  async one(@Param() { id }: IdParams) {
    return envelope(await this.sites.one(id));
  }

  @Patch(':id')
  @ApiEndpoint({
    ...shown,
    summary: 'Change a site',
    description: 'What is not named stays.',
    role: 'admin',
    params: idParams,
    body: updateSiteBody,
    bodyExample: { region: 'North' },
    errors: ['site_not_found', 'name_taken', 'parent_cycle', 'inventory_busy'],
  })
  async update(@Param() { id }: IdParams, @Body() body: UpdateSiteBody, @Req() request: FastifyRequest) {
    return envelope(await this.sites.update(id, body, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag: 'Sites',
    summary: 'Remove a site',
    description: 'Sites right below it become roots. A site with devices is not removed.',
    role: 'admin',
    params: idParams,
    response: null,
    errors: ['site_not_found', 'in_use', 'inventory_busy'],
  })
  async remove(@Param() { id }: IdParams, @Req() request: FastifyRequest) {
    await this.sites.remove(id, request);
  }
}
