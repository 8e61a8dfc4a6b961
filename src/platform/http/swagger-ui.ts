import type { INestApplication } from '@nestjs/common';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { openApiDocument } from './openapi.js';
import type { RouteTable } from './route-table.js';

const documented = new WeakMap<
  INestApplication,
  { routes: RouteTable; version: string; tagOrder: readonly string[] }
>();

/** Swagger UI at /docs and the document at /docs-json, both without a token and from files of our own. */
export function serveApiDocumentation(
  app: INestApplication,
  routes: RouteTable,
  version: string,
  tagOrder: readonly string[],
): void {
  documented.set(app, { routes, version, tagOrder });
  SwaggerModule.setup('docs', app, () => buildOpenApiDocument(app), {
    customSiteTitle: 'Swarmward API',
    // The bar on top asks for the URL of another document: there is none.
    customCss: '.swagger-ui .topbar { display: none }',
    raw: ['json'],
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, validatorUrl: null },
  });
}

/** The OpenAPI 3.1 document of a booted application. */
export function buildOpenApiDocument(app: INestApplication): OpenAPIObject {
  const known = documented.get(app);
  if (!known) throw new Error('Boot the application with createHttpApp() before asking for its document.');
  return openApiDocument(known.routes.endpoints, known.version, known.tagOrder) as unknown as OpenAPIObject;
}
