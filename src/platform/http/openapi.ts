import { z } from 'zod';
import { type EndpointSpec, endpointStatus } from './endpoint.decorator.js';
import { problemCatalogue, type ProblemCode } from './problem-catalogue.js';
import { ProblemException } from './problem.js';
import type { Endpoint } from './route-table.js';

type Json = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of all endpoints, made of the same declarations that validate the requests.
 * @param version of the product
 */
export function openApiDocument(
  endpoints: readonly Endpoint[],
  version: string,
  tagOrder: readonly string[] = [],
): Json {
  const sorted = [...endpoints].sort((a, b) => compare(a.url, b.url) || compare(a.method, b.method));
  const paths: Record<string, Json> = {};
  for (const endpoint of sorted) {
    const path = endpoint.url.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[endpoint.method.toLowerCase()] = operation(endpoint);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Swarmward',
      version,
      description:
        'What a Docker Swarm and the network devices around it do, and what is wrong with them, told truthfully also while Docker or the ' +
        'network is away.\n\n' +
        'To try it here, press **Authorize** and paste an API token: the first one is shown on the console at the first start.\n\n' +
        'Every error is a problem (RFC 9457) whose `code` is stable and whose `detail` says what to do. Besides those listed, any ' +
        'endpoint may answer 400, 404, 405, 408, 413, 414, 415, 417, 429, 431, 500 and 503.',
    },
    // Swagger UI shows them in this order.
    tags: ordered(new Set(endpoints.map(({ spec }) => spec.tag)), tagOrder).map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API token: `swd_…`, or the configured admin token.',
        },
      },
      schemas: { Problem: problemSchema() },
    },
  };
}

function operation({ method, url, spec }: Endpoint): Json {
  return {
    operationId: operationId(method, url),
    tags: [spec.tag],
    summary: spec.summary,
    description: [spec.description, spec.role !== 'public' && `Needs the role ${spec.role}.`]
      .filter(Boolean)
      .join('\n\n'),
    security: spec.role === 'public' ? [] : [{ bearer: [] }],
    parameters: [
      ...parameters(spec.params, 'path'),
      ...parameters(spec.query, 'query'),
      ...conditional(method, url, spec),
    ],
    ...(spec.body && {
      requestBody: {
        required: true,
        content: {
          'application/json': requestContent(spec.body, spec.bodyExample),
          ...(spec.uploadBytes && { 'text/csv': textContent(spec.uploadExample) }),
          ...(spec.yamlExample !== undefined && { 'application/yaml': textContent(spec.yamlExample) }),
        },
      },
    }),
    responses: { ...success(method, url, spec), ...failures(spec) },
  };
}

function requestContent(body: z.ZodType, example: unknown): Json {
  return { schema: jsonSchema(body, 'input'), ...(example !== undefined && { example }) };
}

/** A body that is no JSON is, to a schema, one text. */
function textContent(example: string | undefined): Json {
  return { schema: { type: 'string' }, ...(example !== undefined && { example }) };
}

/** `GET /api/v1/tokens/:id` → `get_tokens_id` */
function operationId(method: string, url: string): string {
  const words = url.replace(/^\/api\/v1/, '').match(/\w+/g) ?? ['root'];
  return [method.toLowerCase(), ...words].join('_');
}

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description ? { description } : {}),
    schema: property,
  }));
}

function conditional(method: string, url: string, spec: EndpointSpec): Json[] {
  if (!isTagged(method, url, spec)) return [];
  return [
    {
      name: 'If-None-Match',
      in: 'header',
      required: false,
      description: 'The ETag of an answer you have; 304 if it is still the same.',
      schema: { type: 'string' },
    },
  ];
}

function isTagged(method: string, url: string, spec: EndpointSpec): boolean {
  return method === 'GET' && spec.etag !== false && url.startsWith('/api/v1/');
}

function success(method: string, url: string, spec: EndpointSpec): Json {
  const status = endpointStatus(spec);
  const tagged = isTagged(method, url, spec);
  const headers = {
    ...(tagged && { ETag: { description: 'Weak.', schema: { type: 'string' } } }),
    ...Object.fromEntries(
      Object.entries(spec.headers ?? {}).map(([name, { type, description: meaning }]) => [
        name,
        { description: meaning, schema: { type } },
      ]),
    ),
  };
  const description = status === 202 ? 'Accepted' : status === 201 ? 'Created' : status === 204 ? 'Done' : 'OK';
  return {
    [status]: { description, ...(Object.keys(headers).length > 0 && { headers }), ...content(spec) },
    ...Object.fromEntries(
      Object.entries(spec.otherStatuses ?? {}).map(([other, { meaning, example }]) => [
        other,
        { description: meaning, ...content({ ...spec, example }) },
      ]),
    ),
    ...(tagged && { 304: { description: 'Not modified: you have this answer already.' } }),
  };
}

function content(spec: EndpointSpec): Json {
  if (spec.response === null) return {};
  const item = jsonSchema(spec.response, 'output');
  const { example, stream } = spec;
  if (stream) {
    const examples = Object.fromEntries(Object.entries(stream).map(([name, value]) => [name, { value }]));
    return { content: { 'text/event-stream': { schema: item, examples } } };
  }
  const schema = spec.bare
    ? item
    : object(spec.list ? { data: { type: 'array', items: item }, page: PAGE } : { data: item });
  const page = { limit: 50, next_cursor: null, total: 1 };
  const wrapped = spec.bare ? example : spec.list ? { data: [example], page } : { data: example };
  const others = Object.entries(spec.otherTypes ?? {}).map(([type, text]) => [type, textContent(text)]);
  return {
    content: {
      'application/json': { schema, ...(example !== undefined && { example: wrapped }) },
      ...Object.fromEntries(others),
    },
  };
}

function object(properties: Json): Json {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

const PAGE = object({
  limit: { type: 'integer', minimum: 1, maximum: 500 },
  next_cursor: { type: ['string', 'null'], description: 'Give it as `cursor` to read on.' },
  total: { type: 'integer', minimum: 0 },
});

/** One response per status; its examples show every code. */
function failures(spec: EndpointSpec): Json {
  const codes = new Set<ProblemCode>(['validation_failed', 'internal_error', ...(spec.errors ?? [])]);
  if (spec.list) codes.add('invalid_cursor');
  if (spec.body)
    for (const code of ['malformed_json', 'body_too_large', 'unsupported_media_type'] as const) codes.add(code);
  if (spec.role !== 'public') {
    for (const code of [
      'token_missing',
      'token_malformed',
      'token_invalid',
      'access_denied',
      'rate_limited',
      'too_many_failed_logins',
      'database_unavailable',
    ] as const) {
      codes.add(code);
    }
  }
  const statuses = new Set([...codes].map((code) => problemCatalogue[code].status));
  const ofStatus = (status: number) => [...codes].filter((code) => problemCatalogue[code].status === status);
  return Object.fromEntries([...statuses].sort().map((status) => [status, failure(status, ofStatus(status))]));
}

function failure(status: number, codes: ProblemCode[]): Json {
  const examples = Object.fromEntries(
    codes.map((code) => [code, { value: new ProblemException(code).toProblem('9f8e7d6c-1') }]),
  );
  const headers = {
    ...(status === 401 && { 'WWW-Authenticate': { schema: { type: 'string' } } }),
    ...((status === 429 || status === 503) && {
      'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } },
    }),
  };
  return {
    description: codes.map((code) => problemCatalogue[code].title).join('; '),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, examples } },
  };
}

function problemSchema(): Json {
  const text = { type: 'string' };
  return {
    ...object({
      type: { type: 'string', format: 'uri' },
      title: text,
      status: { type: 'integer' },
      detail: { ...text, description: 'What to do about it.' },
      code: { type: 'string', enum: Object.keys(problemCatalogue), description: 'Stable.' },
      request_id: { ...text, description: 'Also in X-Request-Id, and in the log.' },
      errors: { type: 'array', items: invalidValueSchema() },
      metrics: { type: 'array', items: text, description: 'With `invalid_condition`: what conditions may ask for.' },
    }),
    required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  };
}

function invalidValueSchema(): Json {
  const text = { type: 'string' };
  const place = (description: string): Json => ({ type: 'integer', minimum: 0, description });
  return {
    ...object({
      path: text,
      message: text,
      position: place('In the text of the value, from 0.'),
      length: place('Of what is wrong there, in characters.'),
      line: place('Of the file, from 1.'),
      column: place('Of the line, from 1.'),
    }),
    required: ['path', 'message'],
  };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema: target }) => {
      // The formats say it; the expressions behind them only fill the page.
      if (target.format && target.pattern) delete target.pattern;
    },
  }) as Json;
  return rest;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Those that are not named come last, as they were loaded. */
function ordered(tags: ReadonlySet<string>, order: readonly string[]): string[] {
  return [...order.filter((tag) => tags.has(tag)), ...[...tags].filter((tag) => !order.includes(tag))];
}
