import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  preHandlerHookHandler,
  RouteOptions,
} from 'fastify';
import { AccessControl } from './access-control.port.js';
import type { EndpointSpec } from './endpoint.decorator.js';
import { newRequestId, requestIdOf } from './http-server.driver.js';
import { ProblemException } from './problem.js';
import { requestValidator } from './request-validator.js';
import { responseEncoding } from './response-encoding.hook.js';
import type { RouteTable } from './route-table.js';

type Injector = Pick<INestApplicationContext, 'get'>;

/** The only routes that are not endpoints of ours: the documentation, and `*`, by which CORS answers preflights. */
const NOT_OURS = /^(?:\/docs(?:-json)?(?:\/.*)?|\*)$/;

/** The client's own request id, or one that is unique among all processes. */
export function requestId(request: IncomingMessage): string {
  return requestIdOf(request) ?? newRequestId();
}

/** Headers of every answer, and the answer for paths that no route has (before their body is read). */
export function frontDoor(headers: Record<string, string>, routes: RouteTable): onRequestHookHandler {
  return function openDoor(request, reply, done) {
    reply.headers(headers).header('x-request-id', request.id);
    if (!request.is404) return done();
    const methods = routes.methodsOf(request.url.split('?', 1)[0]!);
    done(
      methods.length > 0
        ? new ProblemException('method_not_allowed', {
            detail: `${request.method} is not possible here. Use ${methods.join(', ')}.`,
            headers: { allow: methods.join(', ') },
          })
        : new ProblemException('route_not_found'),
    );
  };
}

/**
 * Gives every endpoint what its declaration asks for: access control, validation, caching headers. Everything is
 * decided here, at boot, so that a request runs only what its own endpoint needs.
 * @throws Error when a route other than the documentation declares nothing: it would be open to everybody
 */
export function equipEndpoints(instance: FastifyInstance, routes: RouteTable, injector: Injector): void {
  instance.addHook('onRoute', (route) => {
    const spec = route.config?.endpoint;
    const methods = [route.method].flat();
    if (route.url !== '*') for (const method of methods) routes.add(method, route.url, spec);
    if (!spec) {
      if (!NOT_OURS.test(route.url)) throw new Error(undeclared(methods.join(), route.url));
      return;
    }
    equip(route, spec, injector);
  });
}

function equip(route: RouteOptions, spec: EndpointSpec, injector: Injector): void {
  const reads = [route.method].flat().some((method) => method === 'GET' || method === 'HEAD');
  const tagged = reads && spec.etag !== false && route.url.startsWith('/api/v1/');
  if (spec.role !== 'public') route.onRequest = [injector.get(AccessControl, { strict: false }).hookFor(spec.role)];
  if (spec.uploadBytes) route.bodyLimit = spec.uploadBytes;
  route.preHandler = [validation(spec), ...(spec.stream ? [endWithClient] : [])];
  // Fastify makes a HEAD of every GET, and drops its body in a hook that must stay the last one.
  route.onSend = [responseEncoding(tagged), ...[route.onSend ?? []].flat()];
  const owner = route.config?.owner;
  if (spec.direct && owner) {
    const controller = injector.get(owner.controller, { strict: false });
    const handle = controller[owner.method] as (request: FastifyRequest, reply: FastifyReply) => unknown;
    route.handler = (request, reply) => handle.call(controller, request, reply);
  }
}

function validation(spec: EndpointSpec): preHandlerHookHandler {
  const validate = requestValidator(spec);
  return function validateRequest(request, _reply, done) {
    try {
      validate(request);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}

/**
 * A stream ends mostly by its client's leaving, which Node tells by `close` alone; for Fastify an answer is over, and logged,
 * at `finish` or `error`.
 */
const endWithClient: preHandlerHookHandler = (_request, reply, done) => {
  const { raw } = reply;
  raw.once('close', () => {
    if (!raw.writableFinished && raw.listenerCount('error') > 0) raw.emit('error', new Error('The client left'));
  });
  done();
};

function undeclared(method: string, url: string): string {
  return `${method} ${url} does not say who may call it. Put @ApiEndpoint({ role: ... }) on its handler.`;
}
