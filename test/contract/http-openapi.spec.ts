import { Controller, Get, Module, Param, Post, Query, Body, Delete } from '@nestjs/common';
import type { onRequestHookHandler } from 'fastify';
import { z } from 'zod';
import { AccessControl } from '../../src/platform/http/access-control.port.js';
import { ApiEndpoint } from '../../src/platform/http/endpoint.decorator.js';
import { listQuery } from '../../src/platform/http/list-query.js';
import { buildOpenApiDocument } from '../../src/platform/http/swagger-ui.js';
import { type HttpLab, startHttpLab } from '../support/http-lab.js';

class Nobody extends AccessControl {
  override hookFor(): onRequestHookHandler {
    return (_request, _reply, done) => done(new Error('closed'));
  }
}

const book = z.strictObject({ id: z.uuid(), title: z.string().nullable(), at: z.iso.datetime() });
const example = { id: '0b9c1f7e-5f0a-4c53-9d0e-3d1f6c3a2b10', title: null, at: '2026-11-21T00:00:00Z' };
const booksQuery = listQuery({
  item: book,
  sort: ['title'],
  defaultSort: '-title',
  filters: { title: z.string().optional() },
});
const params = z.strictObject({ id: z.uuid() });
const common = { tag: 'Books', response: book, example } as const;

@Controller('api/v1/books')
class BooksController {
  @Get()
  @ApiEndpoint({ ...common, summary: 'Books', role: 'viewer', query: booksQuery, list: true })
  list(@Query() query: unknown) {
    return query;
  }

  @Get(':id')
  @ApiEndpoint({ ...common, summary: 'One book', role: 'public', params, errors: ['not_found'] })
  one(@Param() { id }: { id: string }) {
    return id;
  }

  @Get('all')
  @ApiEndpoint({
    ...common,
    summary: 'All books',
    role: 'public',
    otherTypes: { 'text/csv': 'id,title\r\n' },
    headers: { 'X-Total-Count': { type: 'integer', description: 'How many there are.' } },
  })
  all() {
    return [];
  }

  @Post('all')
  @ApiEndpoint({
    ...common,
    summary: 'Replace all books',
    role: 'admin',
    body: z.strictObject({}),
    uploadBytes: 1,
    uploadExample: 'title\r\n',
  })
  replace() {
    return {};
  }

  @Post()
  @ApiEndpoint({
    ...common,
    summary: 'Add a book',
    role: 'operator',
    body: z.strictObject({ title: z.string() }),
    status: 201,
  })
  add(@Body() body: unknown) {
    return body;
  }

  @Delete(':id')
  @ApiEndpoint({ tag: 'Books', summary: 'Remove a book', role: 'admin', params, response: null })
  remove(@Param() { id }: { id: string }) {
    return id;
  }
}

@Module({ controllers: [BooksController], providers: [{ provide: AccessControl, useClass: Nobody }] })
class BooksModule {}

type Json = Record<string, never>;
interface Operation {
  operationId: string;
  summary: string;
  security: object[];
  parameters: { name: string; in: string; required: boolean; schema: Json; description?: string }[];
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema: Json; example?: unknown; examples?: Json }> }
  >;
  requestBody?: { content: Record<string, { schema: Json }> };
}

describe('OpenAPI', () => {
  let lab: HttpLab;
  let document: { openapi: string; info: Json; paths: Record<string, Record<string, Operation>>; components: Json };
  beforeAll(async () => {
    lab = await startHttpLab(BooksModule);
    document = (await lab.ask('/docs-json')).body as typeof document;
  });
  afterAll(() => lab.close());
  const operations = () => Object.values(document.paths).flatMap((path) => Object.values(path));

  it('is a 3.1 document of this product, open to everybody', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Swarmward', version: '1.2.3' } });
    expect(document).toEqual(JSON.parse(JSON.stringify(buildOpenApiDocument(lab.app))));
  });

  it('lists every endpoint', () => {
    const listed = Object.entries(document.paths).map(([path, methods]) => [path, Object.keys(methods)]);
    expect(Object.fromEntries(listed)).toEqual({
      '/api/v1/books': ['get', 'post'],
      '/api/v1/books/all': ['get', 'post'],
      '/api/v1/books/{id}': ['delete', 'get'],
    });
  });

  it('says all that is to be said of each', () => {
    for (const operation of operations()) {
      expect(operation.summary).toBeTruthy();
      const statuses = Object.keys(operation.responses);
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
      const guarded = operation.security.length > 0 ? ['401', '403', '429', '503'] : [];
      expect(statuses).toEqual(expect.arrayContaining(['400', '500', ...guarded]));
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        expect(description).toBeTruthy();
        const hasExamples = content?.['application/problem+json']?.examples !== undefined;
        expect(hasExamples).toBe(Number(status) >= 400);
      }
    }
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('knows parameters, bodies and who needs a token', () => {
    const list = document.paths['/api/v1/books']!['get']!;
    expect(list.parameters.map(({ name, in: place }) => `${place} ${name}`)).toEqual([
      'query limit',
      'query cursor',
      'query sort',
      'query fields',
      'query title',
      'header If-None-Match',
    ]);
    expect(list.parameters[0]).toMatchObject({
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
    });
    expect(list.security).toEqual([{ bearer: [] }]);
    const one = document.paths['/api/v1/books/{id}']!['get']!;
    expect(one.parameters[0]).toMatchObject({ name: 'id', in: 'path', required: true, schema: { format: 'uuid' } });
    expect(one.security).toEqual([]);
    const add = document.paths['/api/v1/books']!['post']!;
    expect(add.requestBody).toHaveProperty(['content', 'application/json', 'schema', 'required'], ['title']);
    expect(add.responses).toHaveProperty('201');
    expect(document.paths['/api/v1/books/{id}']!['delete']!.responses).toHaveProperty('204');
  });

  it('knows other types of bodies and answers, and headers', () => {
    const { get, post } = document.paths['/api/v1/books/all'] as { get: Operation; post: Operation };
    const text = (example: string) => ({ schema: { type: 'string' }, example });
    expect(get.responses['200']).toMatchObject({
      headers: { ETag: {}, 'X-Total-Count': { schema: { type: 'integer' }, description: 'How many there are.' } },
      content: { 'application/json': { example: { data: example } }, 'text/csv': text('id,title\r\n') },
    });
    expect(post.requestBody?.content['text/csv']).toEqual(text('title\r\n'));
  });

  it('has examples that its own schemas accept', () => {
    const answer = document.paths['/api/v1/books']!['get']!.responses['200']!.content!['application/json']!;
    expect(answer.example).toEqual({ data: [example], page: { limit: 50, next_cursor: null, total: 1 } });
    expect(book.safeParse(example).success).toBe(true);
  });

  it('has no reference that leads nowhere', () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g);
    for (const [, path] of references) expect(document).toHaveProperty(path!.split('/'));
  });
});

describe('Swagger UI', () => {
  let lab: HttpLab;
  beforeAll(async () => {
    lab = await startHttpLab(BooksModule);
  });
  afterAll(() => lab.close());

  it('is there without a token, from files of our own', async () => {
    const page = await lab.ask('/docs');
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': expect.stringContaining('text/html') } });
    const html = page.raw.toString();
    const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url!);
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      expect(asset).toMatch(/^\.\//);
      expect(await lab.ask(new URL(asset, 'http://x/docs').pathname)).toMatchObject({ status: 200 });
    }
    // The policy allows no inline script.
    expect(html).not.toMatch(/<script>[^<]/);
  });

  it('answers for what is not there with a problem', async () => {
    expect(await lab.ask('/docs/nothing.js')).toMatchObject({ status: 404, body: { code: 'route_not_found' } });
    expect((await lab.ask('/docs/..%2f..%2fpackage.json')).status).toBeGreaterThanOrEqual(400);
  });
});
