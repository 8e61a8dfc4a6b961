import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { ProfileDirectory } from './profile-directory.service.js';
import { idParams, type IdParams } from './inventory.dto.js';
import {
  createProfileBody,
  type CreateProfileBody,
  profileExample,
  profileSchema,
  profilesQuery,
  type ProfilesQuery,
  updateProfileBody,
  type UpdateProfileBody,
} from './profiles.dto.js';
import { Profiles } from './profiles.service.js';

const shown = { tag: 'Profiles', response: profileSchema, example: profileExample } as const;

@Controller('api/v1/profiles')
export class ProfilesController {
  constructor(
    private readonly profiles: Profiles,
    private readonly directory: ProfileDirectory,
  ) {}

  @Get()
  @ApiEndpoint({
    ...shown,
    summary: 'Profiles: how devices are watched',
    role: 'viewer',
    query: profilesQuery,
    list: true,
  })
  list(@Query() query: ProfilesQuery) {
    return this.directory.list(query);
  }

  @Post()
  @ApiEndpoint({
    ...shown,
    summary: 'Add a profile',
    role: 'admin',
    body: createProfileBody,
    bodyExample: { name: 'Every 10 s', ping_interval_seconds: 10, packets: 2, timeout_ms: 800 },
    status: 201,
    errors: ['name_taken', 'interval_unachievable', 'inventory_busy'],
  })
  async create(@Body() body: CreateProfileBody, @Req() request: FastifyRequest) {
    return envelope(await this.profiles.create(body, request));
  }

  @Get(':id')
  @ApiEndpoint({ ...shown, summary: 'One profile', role: 'viewer', params: idParams, errors: ['profile_not_found'] })
  async one(@Param() { id }: IdParams) {
    return envelope(await this.directory.one(id));
  }

  @Patch(':id')
  @ApiEndpoint({
    ...shown,
    summary: 'Change a profile',
    description: 'What is not named stays.',
    role: 'admin',
    params: idParams,
    body: updateProfileBody,
    bodyExample: { down_after: 3 },
    errors: ['profile_not_found', 'name_taken', 'interval_unachievable', 'inventory_busy'],
  })
  async update(@Param() { id }: IdParams, @Body() body: UpdateProfileBody, @Req() request: FastifyRequest) {
    return envelope(await this.profiles.update(id, body, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag: 'Profiles',
    summary: 'Remove a profile',
    description: 'Neither the default one nor one that devices have.',
    role: 'admin',
    params: idParams,
    response: null,
    errors: ['profile_not_found', 'default_profile', 'in_use', 'inventory_busy'],
  })
  async remove(@Param() { id }: IdParams, @Req() request: FastifyRequest) {
    await this.profiles.remove(id, request);
  }
}
