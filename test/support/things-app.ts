import { Body, Controller, Get, Module, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AccessControl } from '../../src/platform/http/access-control.port.js';
import { ApiEndpoint } from '../../src/platform/http/endpoint.decorator.js';
import { envelope } from '../../src/platform/http/envelope.js';
import { HotBody } from '../../src/platform/http/hot-body.js';
import { listPage } from '../../src/platform/http/list-page.js';
import { listQuery } from '../../src/platform/http/list-query.js';
import { ProblemException } from '../../src/platform/http/problem.js';
import { Everybody } from './everybody.js';

const item = z.strictObject({ id: z.string(), size: z.number() });
export const items = Array.from({ length: 120 }, (_, index) => ({
  id: `item-${String(index).padStart(3, '0')}`,
  size: index,
}));
const itemsQuery = listQuery({
  item,
  sort: ['id', 'size'],
  defaultSort: 'id',
  search: 'the id',
  filters: { from: z.iso.datetime().optional() },
});
type ItemsQuery = z.output<typeof itemsQuery>;
const idParams = z.strictObject({ id: z.uuid('Must be a UUID.') });
const thingBody = z.strictObject({ name: z.string().min(1).max(20), tags: z.array(z.string()).optional() });
const thing = z.strictObject({ name: z.string() });

const failures: Record<string, () => unknown> = {
  unknown: () => new Error('password=hunter2 at /home/someone/secret.ts'),
  text: () => 'hunter2',
  refused: () => Object.assign(new Error('connect ECONNREFUSED 10.9.8.7:5432'), { code: 'ECONNREFUSED' }),
  shutdown: () => Object.assign(new Error('terminating connection'), { driverError: { code: '57P01' } }),
  queue: () => Object.assign(new Error('hunter2'), { name: 'QueueUnavailableError' }),
  conflict: () => new ProblemException('conflict'),
};

const common = { tag: 'Things', role: 'viewer', response: thing } as const;
const hot = new HotBody(() => ({ etagSeed: 'truth', body: JSON.stringify(envelope({ name: 'x'.repeat(5000) })) }));

@Controller('api/v1/things')
class ThingsController {
  @Get()
  @ApiEndpoint({ ...common, summary: 'List', query: itemsQuery, response: item, list: true })
  list(@Query() query: ItemsQuery) {
    const sort = { id: (each: { id: string }) => each.id, size: (each: { size: number }) => each.size };
    return listPage(items, query, {
      id: (each) => each.id,
      sort,
      search: (each) => [each.id],
      filters: { from: () => true },
    });
  }

  @Get('hot')
  @ApiEndpoint({ ...common, summary: 'Hot', direct: true })
  hot(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return hot.send(request, reply);
  }

  @Get('large')
  @ApiEndpoint({ ...common, summary: 'Large' })
  large() {
    return envelope({ name: 'y'.repeat(5000) });
  }

  @Get('failing/:how')
  @ApiEndpoint({ ...common, summary: 'Failing', params: z.strictObject({ how: z.string() }) })
  failing(@Param() { how }: { how: string }) {
    throw failures[how]!();
  }

  @Get(':id')
  @ApiEndpoint({ ...common, summary: 'One', params: idParams })
  one(@Param() { id }: { id: string }) {
    return envelope({ name: id });
  }

  @Post()
  @ApiEndpoint({ ...common, summary: 'Create', body: thingBody, status: 201 })
  create(@Body() body: { name: string }) {
    return envelope({ name: body.name });
  }

  @Post('work')
  @ApiEndpoint({ ...common, summary: 'Work', status: 202 })
  work() {
    return envelope({ name: 'job' });
  }
}

@Controller('health')
class ProbeController {
  @Get('live')
  @ApiEndpoint({
    tag: 'Health',
    role: 'public',
    summary: 'Live',
    bare: true,
    etag: false,
    response: z.strictObject({}),
  })
  live() {
    return {};
  }
}

/** One route of every kind. Real: Nest, Fastify, sockets. Replaced: access control. */
@Module({
  controllers: [ThingsController, ProbeController],
  providers: [{ provide: AccessControl, useClass: Everybody }],
})
export class ThingsModule {}
