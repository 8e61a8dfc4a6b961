import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import {
  createCredentialBody,
  type CreateCredentialBody,
  credentialExample,
  credentialParams,
  type CredentialParams,
  credentialSchema,
  credentialsQuery,
  type CredentialsQuery,
  updateCredentialBody,
  type UpdateCredentialBody,
} from './credentials.dto.js';
import { Credentials } from './credentials.service.js';

const common = { tag: 'Credentials', role: 'admin' } as const;
const v3 = {
  name: credentialExample.name,
  kind: 'snmp_v3',
  user: 'swarmward',
  auth: { protocol: 'sha256', key: 'a long passphrase' },
  priv: { protocol: 'aes', key: 'another passphrase' },
};

@Controller('api/v1/credentials')
export class CredentialsController {
  constructor(private readonly credentials: Credentials) {}

  @Get()
  @ApiEndpoint({
    ...common,
    summary: 'SNMP credentials, without their secrets',
    query: credentialsQuery,
    response: credentialSchema,
    list: true,
    example: credentialExample,
  })
  list(@Query() query: CredentialsQuery) {
    return this.credentials.list(query);
  }

  @Get(':id')
  @ApiEndpoint({
    ...common,
    summary: 'One SNMP credential, without its secrets',
    params: credentialParams,
    response: credentialSchema,
    example: credentialExample,
    errors: ['credential_not_found'],
  })
  async one(@Param() { id }: CredentialParams) {
    return envelope(await this.credentials.one(id));
  }

  @Post()
  @ApiEndpoint({
    ...common,
    summary: 'Store an SNMP credential',
    description:
      'snmp_v2c takes `community`, snmp_v3 `user`, `auth` and `priv`. They are stored encrypted and never answered.',
    body: createCredentialBody,
    bodyExample: v3,
    status: 201,
    response: credentialSchema,
    example: { ...credentialExample, device_count: 0 },
    errors: ['secrets_key_missing', 'name_taken'],
  })
  async create(@Body() body: CreateCredentialBody, @Req() request: FastifyRequest) {
    return envelope(await this.credentials.create(body, request));
  }

  @Patch(':id')
  @ApiEndpoint({
    ...common,
    summary: 'Change an SNMP credential',
    description:
      'Changes the name, or replaces the secret parts: then all of them are given, not only those that differ.',
    params: credentialParams,
    body: updateCredentialBody,
    bodyExample: { name: 'core switches, old' },
    response: credentialSchema,
    example: credentialExample,
    errors: ['credential_not_found', 'secrets_key_missing', 'name_taken', 'conflict'],
  })
  async update(@Param() { id }: CredentialParams, @Body() body: UpdateCredentialBody, @Req() request: FastifyRequest) {
    return envelope(await this.credentials.update(id, body, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    ...common,
    summary: 'Remove an SNMP credential',
    params: credentialParams,
    response: null,
    errors: ['credential_not_found', 'in_use'],
  })
  async remove(@Param() { id }: CredentialParams, @Req() request: FastifyRequest) {
    await this.credentials.remove(id, request);
  }
}
