import { Body, Controller, Delete, Get, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../http/endpoint.decorator.js';
import { envelope } from '../http/envelope.js';
import {
  createdTokenSchema,
  createTokenBody,
  type CreateTokenBody,
  tokenExample,
  tokenParams,
  type TokenParams,
  tokenSchema,
  tokensQuery,
  type TokensQuery,
} from './tokens.dto.js';
import { Tokens } from './tokens.service.js';

const { id, name, role, expires_at, created_at } = tokenExample;
const createdExample = { id, name, role, expires_at, created_at, token: 'swd_…' };

@Controller('api/v1/tokens')
export class TokensController {
  constructor(private readonly tokens: Tokens) {}

  @Get()
  @ApiEndpoint({
    tag: 'Tokens',
    summary: 'API tokens',
    role: 'admin',
    query: tokensQuery,
    response: tokenSchema,
    list: true,
    example: tokenExample,
  })
  list(@Query() query: TokensQuery) {
    return this.tokens.list(query);
  }

  @Get(':id')
  @ApiEndpoint({
    tag: 'Tokens',
    summary: 'One API token',
    role: 'admin',
    params: tokenParams,
    response: tokenSchema,
    example: tokenExample,
    errors: ['token_not_found'],
  })
  async one(@Param() { id: tokenId }: TokenParams) {
    return envelope(await this.tokens.one(tokenId));
  }

  @Post()
  @ApiEndpoint({
    tag: 'Tokens',
    summary: 'Create an API token',
    description: 'The answer holds the token in plain text, this once.',
    role: 'admin',
    body: createTokenBody,
    bodyExample: { name, role },
    status: 201,
    response: createdTokenSchema,
    example: createdExample,
  })
  async create(@Body() body: CreateTokenBody, @Req() request: FastifyRequest) {
    return envelope(await this.tokens.create(body, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag: 'Tokens',
    summary: 'Revoke an API token',
    description: 'It is refused at once by the process that answers, and within 30 s by every other.',
    role: 'admin',
    params: tokenParams,
    response: null,
    errors: ['token_not_found', 'last_admin_token'],
  })
  async revoke(@Param() { id: tokenId }: TokenParams, @Req() request: FastifyRequest) {
    await this.tokens.revoke(tokenId, request);
  }
}
