import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemException } from './problem.js';

/** Takes bodies as JSON only: other content types are a 415. An empty body is no body. */
export function acceptJsonOnly(instance: FastifyInstance): void {
  const parse = instance.getDefaultJsonParser('error', 'error') as (
    request: FastifyRequest,
    body: string,
    done: (error: Error | null, value?: unknown) => void,
  ) => void;
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding && encoding !== 'identity') return done(new ProblemException('unsupported_media_type'));
    if (body.length === 0) return done(null, undefined);
    parse(request, body as string, done);
  });
}
