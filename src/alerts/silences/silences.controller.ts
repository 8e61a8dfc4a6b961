import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import {
  changeSilenceBody,
  type ChangeSilenceBody,
  createSilenceBody,
  type CreateSilenceBody,
  silenceDetailExample,
  silenceDetailSchema,
  silenceExample as example,
  silenceParams as params,
  type SilenceParams,
  silenceSchema as response,
  silencesQuery,
  type SilencesQuery,
} from './silences.dto.js';
import { Silences } from './silences.service.js';

const tag = 'Silences';
const { matchers, comment } = example;

@Controller('api/v1/silences')
export class SilencesController {
  constructor(private readonly silences: Silences) {}

  @Get()
  @ApiEndpoint({ tag, summary: 'Silences', role: 'viewer', query: silencesQuery, response, list: true, example })
  list(@Query() query: SilencesQuery) {
    return this.silences.list(query);
  }

  @Get(':id')
  @ApiEndpoint({
    tag,
    summary: 'One silence, and how many alerts it means',
    role: 'viewer',
    params,
    response: silenceDetailSchema,
    example: silenceDetailExample,
    errors: ['silence_not_found'],
  })
  async one(@Param() { id }: SilenceParams) {
    return envelope(await this.silences.one(id));
  }

  @Post()
  @ApiEndpoint({
    tag,
    summary: 'Silence alerts',
    description:
      'Alerts that match all matchers open and end as ever, but nobody is told that they fire while it is active. Who was told before is ' +
      'told when they end; who was not is told if they still fire when it ends.',
    role: 'operator',
    body: createSilenceBody,
    bodyExample: { matchers, duration_seconds: 7_200, comment },
    status: 201,
    response: silenceDetailSchema,
    example: silenceDetailExample,
    errors: ['too_many_silences'],
  })
  async create(@Body() body: CreateSilenceBody, @Req() request: FastifyRequest) {
    return envelope(await this.silences.create(body, request));
  }

  @Patch(':id')
  @ApiEndpoint({
    tag,
    summary: 'Change a silence',
    description: 'One that has ended stays as it was: make a new one.',
    role: 'operator',
    params,
    body: changeSilenceBody,
    bodyExample: { duration_seconds: 14_400 },
    response: silenceDetailSchema,
    example: silenceDetailExample,
    errors: ['silence_not_found', 'silence_ended'],
  })
  async change(@Param() { id }: SilenceParams, @Body() body: ChangeSilenceBody, @Req() request: FastifyRequest) {
    return envelope(await this.silences.change(id, body, request));
  }

  @Post(':id/expire')
  @ApiEndpoint({
    tag,
    summary: 'End a silence now',
    description: 'Nothing happens to one that has ended.',
    role: 'operator',
    params,
    status: 200,
    response,
    example: { ...example, state: 'ended' },
    errors: ['silence_not_found'],
  })
  async expire(@Param() { id }: SilenceParams, @Req() request: FastifyRequest) {
    return envelope(await this.silences.expire(id, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag,
    summary: 'End a silence now',
    description: 'The same as `expire`: it is kept for a while, so that it can be seen why nobody was told.',
    role: 'operator',
    params,
    response: null,
    errors: ['silence_not_found'],
  })
  async remove(@Param() { id }: SilenceParams, @Req() request: FastifyRequest) {
    await this.silences.expire(id, request);
  }
}
