import type { LoggerService, Type, DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.schema.js';
import { equipEndpoints, frontDoor, requestId } from './edge.hook.js';
import type { HttpServer } from './http-server.driver.js';
import { acceptDeclaredBodies } from './json-body.js';
import { ProblemFilter, sendProblem } from './problem.filter.js';
import { countRequests, type RequestCounters } from './request-counters.hook.js';
import { requestLog, type RequestLogger } from './request-log.hook.js';
import { RouteTable } from './route-table.js';
import { securityHeaders } from './security-headers.js';
import { serveApiDocumentation } from './swagger-ui.js';

interface HttpAppOptions {
  settings: Pick<Settings, 'trustProxy' | 'corsOrigins' | 'slowRequestMs'>;
  /** Already listening, or not yet: the application takes its requests over when it is ready. */
  server: HttpServer;
  /** Where requests are logged. */
  requestLogger: RequestLogger;
  /** Where answered requests are counted. */
  requestCounters?: RequestCounters;
  /** Of the product, for the API documentation. */
  version: string;
  /** In which order the API documentation shows the headings. */
  tagOrder?: readonly string[];
  /** Nest's own logger. */
  logger: LoggerService;
}

const BODY_LIMIT_BYTES = 1024 * 1024;

/**
 * Boots the application and lets it take over the server. It rejects when a handler is not declared properly. Closing
 * the application does not close the server: first `server.close()`, which drains, then `app.close()`.
 */
export async function createHttpApp(
  rootModule: Type | DynamicModule,
  { settings, server, requestLogger, requestCounters, version, tagOrder = [], logger }: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const routes = new RouteTable();
  const headers = await securityHeaders();
  let takeOver: RequestListener | undefined;
  const adapter = new FastifyAdapter({
    // Nest middleware is not used, and would cost every request its matching.
    skipMiddie: true,
    serverFactory: (handler: (request: IncomingMessage, response: ServerResponse) => void) => {
      takeOver = handler;
      return server.raw;
    },
    // HttpServer answers what cannot be read as HTTP.
    clientErrorHandler: () => undefined,
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: requestId,
    // One hop: what stands left of the proxy's own entry is the client's word, and may be forged.
    trustProxy: settings.trustProxy ? (_address: string, hop: number) => hop === 0 : false,
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      void sendProblem(error, request, reply.headers(headers).header('x-request-id', request.id));
    },
  });
  const instance = adapter.getInstance<FastifyInstance>();
  instance.decorateRequest('caller', null);
  instance.decorateRequest('failure', undefined);
  instance.addHook('onRequest', frontDoor(headers, routes));
  instance.addHook('onResponse', requestLog(requestLogger, settings.slowRequestMs));
  if (requestCounters) instance.addHook('onResponse', countRequests(requestCounters));
  acceptDeclaredBodies(instance);

  const app = await NestFactory.create<NestFastifyApplication>(rootModule, adapter, {
    bodyParser: false,
    abortOnError: false,
    logger,
  });
  equipEndpoints(instance, routes, app);
  app.useGlobalFilters(new ProblemFilter());
  if (settings.corsOrigins) {
    app.enableCors({
      origin: [...settings.corsOrigins],
      exposedHeaders: ['Content-Disposition', 'ETag', 'Retry-After', 'X-Request-Id', 'X-Total-Count'],
      maxAge: 600,
    });
  }
  serveApiDocumentation(app, routes, version, tagOrder);
  await app.init();
  await instance.ready();
  server.attach(takeOver!);
  return app;
}
