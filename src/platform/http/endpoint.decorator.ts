import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { z } from 'zod';
import type { Role } from './access-control.port.js';
import type { ProblemCode } from './problem-catalogue.js';

/** All that is said about an endpoint: who may call it, what it takes, what it answers. */
export interface EndpointSpec {
  /** Heading under which the API documentation lists it. */
  tag: string;
  summary: string;
  description?: string;
  /** The least role that may call it; `public` needs no token. */
  role: Role | 'public';
  /** Of the path's parameters. Every schema must be synchronous. */
  params?: z.ZodType;
  /** Build it with `z.strictObject` or `listQuery`. Without it the endpoint refuses every query parameter. */
  query?: z.ZodType;
  body?: z.ZodType;
  /** One body, for the documentation: what Swagger UI sends first. */
  bodyExample?: unknown;
  /** Of `data` (of one item with `list`, of the whole body with `bare`). `null`: an answer without a body. */
  response: z.ZodType | null;
  /**
   * It takes bodies of up to this many bytes, and `text/csv` besides JSON: the handler's body is then a `CsvBody`, to be read as it arrives.
   * Characters that cannot be stored are left for the handler to refuse, item by item.
   */
  uploadBytes?: number;
  /** Such a body of `text/csv`, for the documentation. */
  uploadExample?: string;
  /**
   * It takes `application/yaml` besides JSON, up to the limit of every body: the handler's body is then a `YamlBody`, which it reads itself.
   * Such a body, for the documentation.
   */
  yamlExample?: string;
  /** The answer is a page: `{data: [...], page: {...}}`. */
  list?: boolean;
  /** The answer has no envelope. */
  bare?: boolean;
  /** Of the answer, 200 by default, 204 without a response. */
  status?: number;
  /** Other statuses whose body is a `response` as well. */
  otherStatuses?: Record<number, { meaning: string; example: unknown }>;
  /** One value of `response`. */
  example?: unknown;
  /** Media types that it answers with besides JSON when it is asked to, and such an answer each, as it is sent. */
  otherTypes?: Record<string, string>;
  /** Headers of its answer that others do not have; to scripts of other origins `createHttpApp` has to expose them. */
  headers?: Record<string, { type: 'integer' | 'string'; description: string }>;
  /** Codes it may answer besides those that every endpoint may. */
  errors?: ProblemCode[];
  /**
   * The handler is called with Fastify's request and reply, past Nest's pipeline, and answers itself. Only for bodies that
   * many clients poll: it saves a third of the time of such a request.
   */
  direct?: boolean;
  /** `false` leaves out ETag and 304 of a GET: health, streams, exports. */
  etag?: boolean;
  /**
   * The answer is server-sent events without an end. `response` is then the union of the events as a client parses them,
   * `{id, event, data}`, and this one value of each, by name. Needs `direct` and `etag: false`; the request is logged when it ends.
   */
  stream?: Record<string, unknown>;
}

/**
 * Makes a handler an endpoint: its role, its validation, its caching headers and its documentation. A handler
 * without it refuses to boot.
 * @example
 * @Get(':id')
 * @ApiEndpoint({ tag: 'Tokens', summary: 'One token', role: 'admin', params: idParams, response: tokenSchema })
 * one(@Param() { id }: IdParams) { return this.tokens.one(id).then(envelope); }
 */
export function ApiEndpoint(spec: EndpointSpec): MethodDecorator {
  return (target, method, descriptor) => {
    const owner: EndpointOwner = { controller: target.constructor as EndpointOwner['controller'], method };
    applyDecorators(RouteConfig({ endpoint: spec, owner }), HttpCode(endpointStatus(spec)))(target, method, descriptor);
  };
}

/** Which method of which controller serves a route. */
export interface EndpointOwner {
  controller: Type<Record<PropertyKey, unknown>>;
  method: PropertyKey;
}

export function endpointStatus(spec: EndpointSpec): number {
  return spec.status ?? (spec.response === null ? 204 : 200);
}
