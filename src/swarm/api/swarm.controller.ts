import { Controller, Get, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiEndpoint } from '../../platform/http/endpoint.decorator.js';
import { envelope } from '../../platform/http/envelope.js';
import { listPage } from '../../platform/http/list-page.js';
import { ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { JobProducer } from '../../platform/queue/job-producer.service.js';
import type { SwarmPicture } from '../picture/swarm-picture.js';
import { SwarmReader } from '../picture/swarm-reader.service.js';
import { SwarmCacheReporter } from './swarm-cache-reporter.service.js';
import { serviceDocument } from './swarm-documents.js';
import * as example from './swarm.examples.js';
import * as lists from './swarm-lists.js';
import { cacheSchema, nodeSchema, problemSchema, refreshSchema, serviceSchema, taskSchema } from './swarm.dto.js';

const tag = 'Swarm';
const serviceParams = z.strictObject({ id: z.string().min(1).max(200).describe('Id or name of the service') });

/** Details of the swarm, all from one picture; its status has a controller of its own because it is hot. */
@Controller('api/v1/status/swarm')
export class SwarmController {
  constructor(
    private readonly reader: SwarmReader,
    private readonly cacheReporter: SwarmCacheReporter,
    private readonly jobs: JobProducer,
    private readonly audit: AuditLog,
  ) {}

  @Get('cache')
  @ApiEndpoint({
    tag,
    summary: 'State of the cache tiers and of the refreshes',
    role: 'viewer',
    response: cacheSchema,
    example: example.cache,
  })
  async cache() {
    return envelope(await this.cacheReporter.report(new Date()));
  }

  @Get('nodes')
  @ApiEndpoint({
    tag,
    summary: 'Nodes, with what is reserved on them',
    role: 'viewer',
    list: true,
    query: lists.nodesQuery,
    response: nodeSchema,
    example: example.node,
  })
  async nodes(@Query() query: lists.NodesQuery) {
    return listPage((await this.picture())?.nodes ?? [], query, lists.nodesRules);
  }

  @Get('services')
  @ApiEndpoint({
    tag,
    summary: 'Services with their health',
    role: 'viewer',
    list: true,
    query: lists.servicesQuery,
    response: serviceSchema,
    example: example.service,
  })
  async services(@Query() query: lists.ServicesQuery) {
    return listPage((await this.picture())?.services ?? [], query, lists.servicesRules);
  }

  @Get('services/:id')
  @ApiEndpoint({
    tag,
    summary: 'One service, by id or name',
    role: 'viewer',
    params: serviceParams,
    response: serviceSchema,
    example: example.service,
    errors: ['service_not_found'],
  })
  async service(@Param() { id }: z.output<typeof serviceParams>) {
    const services = (await this.picture())?.services ?? [];
    const found = services.find((service) => service.id === id) ?? services.find((service) => service.name === id);
    if (!found) throw new ProblemException('service_not_found');
    return envelope(serviceDocument(found));
  }

  @Get('tasks')
  @ApiEndpoint({
    tag,
    summary: 'Tasks, with their state and last error',
    role: 'viewer',
    list: true,
    query: lists.tasksQuery,
    response: taskSchema,
    example: example.task,
  })
  async tasks(@Query() query: lists.TasksQuery) {
    return listPage((await this.picture())?.tasks ?? [], query, lists.tasksRules);
  }

  @Get('problems')
  @ApiEndpoint({
    tag,
    summary: 'Everything that is wrong, worst first',
    role: 'viewer',
    list: true,
    query: lists.problemsQuery,
    response: problemSchema,
    example: example.problem,
  })
  async problems(@Query() query: lists.ProblemsQuery) {
    const problems = ((await this.picture())?.problems ?? []).map((problem, rank) => ({ ...problem, rank }));
    return listPage(problems, query, lists.problemsRules);
  }

  @Post('refresh')
  @ApiEndpoint({
    tag,
    summary: 'Refresh now',
    description: 'Enqueues a refresh, or joins the one that waits or runs.',
    role: 'operator',
    status: 202,
    response: refreshSchema,
    example: example.refresh,
    errors: ['queue_unavailable'],
  })
  async refresh(@Req() request: FastifyRequest) {
    const requestedAt = new Date().toISOString();
    const { jobId, coalesced } = await this.jobs.enqueue(
      'swarm.refresh',
      { requestedBy: 'request', requestedAt },
      { dedupe: 'swarm-refresh' },
    );
    await this.audit.record({
      request,
      action: 'swarm.refresh_requested',
      subjectType: 'swarm',
      subjectId: null,
      after: { job_id: jobId },
    });
    return envelope({ job_id: jobId, coalesced });
  }

  private async picture(): Promise<SwarmPicture | null> {
    return (await this.reader.current()).picture;
  }
}
