import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ProductVersion } from '../platform/config/product-version.js';
import { ApiEndpoint } from '../platform/http/endpoint.decorator.js';
import { Readiness } from '../platform/http/readiness.js';
import { ProcessFigures } from '../platform/observability/process-figures.service.js';
import { healthDocument } from './health-document.js';
import { HealthReporter } from './health-reporter.service.js';
import { criticalExample, healthExample, healthSchema, probeSchema } from './health.dto.js';

const tag = 'Health';
const common = { tag, role: 'public', bare: true, etag: false } as const;

@Controller()
export class HealthController {
  constructor(
    private readonly reporter: HealthReporter,
    private readonly figures: ProcessFigures,
    private readonly readiness: Readiness,
    private readonly version: ProductVersion,
  ) {}

  @Get('health/live')
  @ApiEndpoint({ ...common, summary: 'The process answers', response: probeSchema, example: { status: 'live' } })
  live(@Res({ passthrough: true }) reply: FastifyReply) {
    return this.probe('/health/live', reply);
  }

  @Get('health/ready')
  @ApiEndpoint({
    ...common,
    summary: 'Requests may be sent here',
    description: '503 while starting and while shutting down. It does not follow the database.',
    response: probeSchema,
    example: { status: 'ready' },
    otherStatuses: { 503: { meaning: 'Starting or shutting down', example: { status: 'starting' } } },
  })
  ready(@Res({ passthrough: true }) reply: FastifyReply) {
    return this.probe('/health/ready', reply);
  }

  @Get('api/v1/health')
  @ApiEndpoint({
    ...common,
    summary: 'Every component, judged',
    description: 'The worst component wins. 503 when it is critical.',
    response: healthSchema,
    example: healthExample,
    otherStatuses: { 503: { meaning: 'Critical', example: criticalExample } },
  })
  async health(@Res({ passthrough: true }) reply: FastifyReply) {
    const document = healthDocument(await this.reporter.current(), {
      version: this.version.text,
      now: new Date(),
      uptimeSeconds: process.uptime(),
      figures: this.figures.read(),
    });
    if (document.status === 'critical') reply.code(503);
    reply.header('cache-control', 'no-store');
    return document;
  }

  private probe(path: string, reply: FastifyReply) {
    const answer = this.readiness.answer(path);
    reply.code(answer?.status ?? 503).header('cache-control', 'no-store');
    return answer?.body;
  }
}
