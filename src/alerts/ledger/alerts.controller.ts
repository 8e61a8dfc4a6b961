import { Body, Controller, Get, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { AlertActions } from './alert-actions.service.js';
import { AlertLedger } from './alert-ledger.store.js';
import {
  ackBody,
  type AckBody,
  alertEventExample,
  alertEventSchema,
  alertEventsQuery,
  type AlertEventsQuery,
  alertExample as example,
  alertParams as params,
  type AlertParams,
  alertSchema as response,
  alertsQuery,
  type AlertsQuery,
  bulkAckBody,
  type BulkAckBody,
  bulkAckSchema,
  resolveBody,
  type ResolveBody,
} from './alerts.dto.js';

const tag = 'Alerts';

@Controller('api/v1/alerts')
export class AlertsController {
  constructor(
    private readonly ledger: AlertLedger,
    private readonly actions: AlertActions,
  ) {}

  @Get()
  @ApiEndpoint({
    tag,
    summary: 'Alerts',
    description: 'Those that are open unless `state` says otherwise, the latest first.',
    role: 'viewer',
    query: alertsQuery,
    response,
    list: true,
    example,
  })
  list(@Query() query: AlertsQuery) {
    return this.ledger.list(query);
  }

  @Post('bulk/ack')
  @ApiEndpoint({
    tag,
    summary: 'Acknowledge many alerts',
    description:
      'By their ids, at most 1,000, whoever has acknowledged them before; or all that fire, meet a filter and are nobody’s yet, at most ' +
      '10,000. In one transaction: all of them or, when it fails, none.',
    role: 'operator',
    body: bulkAckBody,
    bodyExample: { filter: { site: 'Berlin' }, comment: 'Power cut', duration_seconds: 7_200 },
    status: 200,
    response: bulkAckSchema,
    example: { acknowledged: 200, not_firing: [], not_found: [], more: false },
    errors: ['inventory_busy'],
  })
  async bulkAck(@Body() body: BulkAckBody, @Req() request: FastifyRequest) {
    return envelope(await this.actions.bulkAck(body, request));
  }

  @Get(':id')
  @ApiEndpoint({
    tag,
    summary: 'One alert',
    role: 'viewer',
    params,
    response,
    example,
    errors: ['alert_not_found'],
  })
  async one(@Param() { id }: AlertParams) {
    return envelope(await this.ledger.one(id));
  }

  @Get(':id/events')
  @ApiEndpoint({
    tag,
    summary: 'What happened to an alert',
    description: 'From its beginning on; `sort=-at` for the latest first.',
    role: 'viewer',
    params,
    query: alertEventsQuery,
    response: alertEventSchema,
    list: true,
    example: alertEventExample,
    errors: ['alert_not_found'],
  })
  events(@Param() { id }: AlertParams, @Query() query: AlertEventsQuery) {
    return this.ledger.events(id, query);
  }

  @Post(':id/ack')
  @ApiEndpoint({
    tag,
    summary: 'Acknowledge an alert',
    description:
      'Somebody has it in hand: nobody is told of it again, reminded or escalated to, until it is resolved or the acknowledgement ends. ' +
      'Who was told that it fires is told that it is resolved all the same. Acknowledging it anew replaces what was said before.',
    role: 'operator',
    params,
    body: ackBody,
    bodyExample: { comment: 'On my way', duration_seconds: 3_600 },
    status: 200,
    response,
    example,
    errors: ['alert_not_found', 'alert_pending', 'alert_resolved', 'inventory_busy'],
  })
  async ack(@Param() { id }: AlertParams, @Body() body: AckBody, @Req() request: FastifyRequest) {
    return envelope(await this.actions.ack(id, body, request));
  }

  @Post(':id/unack')
  @ApiEndpoint({
    tag,
    summary: 'Take an acknowledgement back',
    description:
      'If it fires still and nobody was told, it is told now. Of a resolved alert it ends a sticky acknowledgement, which would hold ' +
      'for the next one.',
    role: 'operator',
    params,
    status: 200,
    response,
    example: { ...example, acknowledgement: null },
    errors: ['alert_not_found', 'alert_not_acknowledged', 'inventory_busy'],
  })
  async unack(@Param() { id }: AlertParams, @Req() request: FastifyRequest) {
    return envelope(await this.actions.unack(id, request));
  }

  @Post(':id/resolve')
  @ApiEndpoint({
    tag,
    summary: 'Resolve an alert by hand',
    description:
      'Who was told that it fires is told. If its condition still holds, a new alert opens: acknowledge or silence it instead.',
    role: 'operator',
    params,
    body: resolveBody,
    bodyExample: { comment: 'Known, and replaced' },
    status: 200,
    response,
    example: {
      ...example,
      state: 'resolved',
      resolved_at: '2026-11-21T12:09:00.000Z',
      resolution: 'manual',
      resolved_by: 'ops',
    },
    errors: ['alert_not_found', 'alert_pending', 'alert_resolved', 'inventory_busy'],
  })
  async resolve(@Param() { id }: AlertParams, @Body() body: ResolveBody, @Req() request: FastifyRequest) {
    return envelope(await this.actions.resolve(id, body, request));
  }
}
