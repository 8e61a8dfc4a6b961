import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import {
  changeChannelBody,
  type ChangeChannelBody,
  channelExample as example,
  channelParams as params,
  type ChannelParams,
  channelSchema as response,
  channelsQuery,
  type ChannelsQuery,
  createChannelBody,
  type CreateChannelBody,
  testedSchema,
} from './channels.dto.js';
import { Channels } from './channels.service.js';

const tag = 'Channels';

@Controller('api/v1/channels')
export class ChannelsController {
  constructor(private readonly channels: Channels) {}

  @Get()
  @ApiEndpoint({
    tag,
    summary: 'Channels',
    description: 'Where notifications go. Only admins see how; secrets are never answered.',
    role: 'viewer',
    query: channelsQuery,
    response,
    list: true,
    example,
  })
  list(@Query() query: ChannelsQuery, @Req() request: FastifyRequest) {
    return this.channels.list(query, request);
  }

  @Get(':id')
  @ApiEndpoint({
    tag,
    summary: 'One channel',
    role: 'viewer',
    params,
    response,
    example,
    errors: ['channel_not_found'],
  })
  async one(@Param() { id }: ChannelParams, @Req() request: FastifyRequest) {
    return envelope(await this.channels.one(id, request));
  }

  @Post()
  @ApiEndpoint({
    tag,
    summary: 'Create a channel',
    description:
      'Of the kinds webhook, email, slack, discord, telegram, teams, pagerduty. Secrets are stored encrypted. Rules and routes name ' +
      'channels; what neither sends anywhere goes to those with `is_default`.',
    role: 'admin',
    body: createChannelBody,
    bodyExample: {
      name: example.name,
      kind: 'webhook',
      config: { url: 'https://example.org/hooks/swarmward', secret: 'a long random text' },
      is_default: true,
    },
    status: 201,
    response,
    example: { ...example, last_delivered_at: null },
    errors: ['name_taken', 'too_many_channels', 'secrets_key_missing', 'outbound_refused'],
  })
  async create(@Body() body: CreateChannelBody, @Req() request: FastifyRequest) {
    return envelope(await this.channels.create(body, request));
  }

  @Patch(':id')
  @ApiEndpoint({
    tag,
    summary: 'Change a channel',
    description:
      'Of `config`, fields that are not given stay, null removes one, and `********` keeps a secret. When it is to go to another host or ' +
      'port, or is secured otherwise, secrets that are sent there are given again.',
    role: 'admin',
    params,
    body: changeChannelBody,
    bodyExample: { config: { url: 'https://example.org/hooks/2', secret: '********' } },
    response,
    example,
    errors: [
      'channel_not_found',
      'name_taken',
      'conflict',
      'secrets_key_missing',
      'outbound_refused',
      'inventory_busy',
    ],
  })
  async change(@Param() { id }: ChannelParams, @Body() body: ChangeChannelBody, @Req() request: FastifyRequest) {
    return envelope(await this.channels.change(id, body, request));
  }

  @Post(':id/test')
  @ApiEndpoint({
    tag,
    summary: 'Send a test to a channel',
    description: 'At once, whatever the hour, and also when the channel is disabled.',
    role: 'admin',
    params,
    status: 202,
    response: testedSchema,
    example: { delivery_id: '0f8e2c5e-0c43-4e0b-8a3f-3f2f8c1b7a10' },
    errors: ['channel_not_found'],
  })
  async test(@Param() { id }: ChannelParams, @Req() request: FastifyRequest) {
    return envelope(await this.channels.test(id, request));
  }

  @Delete(':id')
  @ApiEndpoint({
    tag,
    summary: 'Delete a channel',
    description: 'What waits for it is cancelled; what was sent stays in the delivery log.',
    role: 'admin',
    params,
    response: null,
    errors: ['channel_not_found', 'channel_in_use', 'inventory_busy'],
  })
  async remove(@Param() { id }: ChannelParams, @Req() request: FastifyRequest) {
    await this.channels.remove(id, request);
  }
}
