import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CsvBody, tooLarge } from './csv-body.js';
import { ProblemException } from './problem.js';
import { YAML_TYPES, YamlBody } from './yaml-body.js';

/**
 * Takes bodies as JSON only, `text/csv` where an endpoint declares `uploadBytes`, and YAML where it declares `yamlExample`: other content
 * types are a 415. An empty body is no body.
 */
export function acceptDeclaredBodies(instance: FastifyInstance): void {
  const parse = instance.getDefaultJsonParser('error', 'error') as (
    request: FastifyRequest,
    body: string,
    done: (error: Error | null, value?: unknown) => void,
  ) => void;
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (isEncoded(request)) return done(new ProblemException('unsupported_media_type'));
    if (body.length === 0) return done(null, undefined);
    parse(request, body as string, done);
  });
  instance.addContentTypeParser('text/csv', (request, stream, done) => {
    const maxBytes = request.routeOptions.config.endpoint?.uploadBytes;
    if (maxBytes === undefined || isEncoded(request)) return done(new ProblemException('unsupported_media_type'));
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return done(tooLarge(maxBytes));
    done(null, new CsvBody(stream, maxBytes));
  });
  instance.addContentTypeParser(YAML_TYPES, { parseAs: 'buffer' }, (request, body, done) => {
    const isYaml = request.routeOptions.config.endpoint?.yamlExample !== undefined;
    if (!isYaml || isEncoded(request)) return done(new ProblemException('unsupported_media_type'));
    try {
      done(null, YamlBody.of(body as Buffer));
    } catch (error) {
      done(error as ProblemException);
    }
  });
}

function isEncoded(request: FastifyRequest): boolean {
  const encoding = request.headers['content-encoding'];
  return encoding !== undefined && encoding !== '' && encoding !== 'identity';
}
