import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Settings } from '../../platform/config/settings.schema.js';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { HotBody } from '../../platform/http/hot-body.js';
import { statusDocument, truthOf } from '../picture/status-document.js';
import { SwarmReader } from '../picture/swarm-reader.service.js';
import { statusSchema } from './swarm.dto.js';
import { status as example } from './swarm.examples.js';

const tag = 'Swarm';
const description =
  'Answers at once with the last good picture and says how old it is: `stale`, `age_seconds`, `last_error`. ' +
  'Status 200 also when there is none; then `error` says why.';

/** The status that every dashboard polls: built and compressed at most once a second, whatever the number of requests. */
@Controller('api/v1/status')
export class SwarmStatusController {
  private readonly body = new HotBody(() => this.build());

  constructor(
    private readonly reader: SwarmReader,
    private readonly settings: Settings,
  ) {}

  @Get('swarm')
  @ApiEndpoint({
    tag,
    summary: 'Status of the swarm',
    description,
    role: 'viewer',
    response: statusSchema,
    example,
    direct: true,
  })
  swarm(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.body.send(request, reply);
  }

  @Get('cluster')
  @ApiEndpoint({
    tag,
    summary: 'Alias of the swarm’s status',
    description,
    role: 'viewer',
    response: statusSchema,
    example,
    direct: true,
  })
  cluster(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.body.send(request, reply);
  }

  private async build() {
    const reading = await this.reader.current();
    const document = statusDocument(reading, new Date(), this.settings.swarmRefreshSeconds);
    return { etagSeed: JSON.stringify(truthOf(document)), body: JSON.stringify(envelope(document)) };
  }
}
