import { Controller, Get, Req, Res } from '@nestjs/common';
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { STREAM_EVENT_NAMES, streamCatalogue } from '../platform/events/stream-catalogue.js';
import { ApiEndpoint } from '../platform/http/endpoint.decorator.js';
import { bearerToken } from '../platform/security/token.js';
import { StreamClients } from './stream-clients.service.js';
import { StreamConnection, type StreamOwner } from './stream-connection.client.js';
import { StreamHub } from './stream-hub.service.js';
import { StreamLimits } from './stream-limits.js';
import { streamEventSchema, streamExamples, type StreamQuery, streamQuery } from './stream.dto.js';

const description = [
  'Server-sent events, for as long as the client listens. Each has an `id`: a client that comes back sends the last one as ' +
    '`Last-Event-ID` and is told what it missed, or `reset` when that is no longer known. A comment every 15 s keeps the ' +
    'connection open. The schema shows events as clients parse them; docs/stream.md shows how to listen.',
  STREAM_EVENT_NAMES.map((name) => `- \`${name}\`: ${streamCatalogue[name].meaning}`).join('\n'),
].join('\n\n');

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would keep events back until its buffer is full.
  'x-accel-buffering': 'no',
};

/** What happens, as it happens. */
@Controller('api/v1/stream')
export class StreamController {
  constructor(
    private readonly hub: StreamHub,
    private readonly clients: StreamClients,
    private readonly limits: StreamLimits,
  ) {}

  @Get()
  @ApiEndpoint({
    tag: 'Stream',
    summary: 'Changes as they happen',
    description,
    role: 'viewer',
    query: streamQuery,
    response: streamEventSchema,
    stream: streamExamples,
    etag: false,
    direct: true,
    errors: ['too_many_streams', 'streams_full', 'shutting_down'],
  })
  stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const owner: StreamOwner = {
      caller: request.caller!,
      token: bearerToken(request.headers.authorization ?? '') ?? '',
    };
    const { events, device, last_event_id } = request.query as StreamQuery;
    this.clients.assertRoomFor(owner);
    const { raw } = reply.hijack();
    // Gone while its token was looked up: its `close` is over, and nothing would ever remove it.
    if (raw.destroyed) return;
    raw.writeHead(200, { ...reply.getHeaders(), ...headers } as OutgoingHttpHeaders);
    if (request.method === 'HEAD') {
      raw.end();
      return;
    }
    const filter = { events: events ?? null, device: device ?? null };
    const connection = new StreamConnection(raw, owner, filter, this.limits.unreadBytes);
    this.hub.begin(connection, lastEventId(request) ?? (last_event_id || null));
  }
}

/** Browsers send an empty one before their first event. */
function lastEventId({ headers: { 'last-event-id': id } }: FastifyRequest): string | null {
  return typeof id === 'string' && id !== '' ? id : null;
}
