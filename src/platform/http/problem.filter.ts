import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tooLarge } from './csv-body.js';
import { PROBLEM_TYPE, type ProblemException } from './problem.js';
import { toProblem } from './to-problem.js';

/** The rest of a body that is refused may be so long: it is thrown away, so that the client ends its sentence and hears the answer. */
const LET_IN_BYTES = 16 * 1024 * 1024;

/** Turns everything that is thrown, by Nest, Fastify or us, into `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Answers with the problem that `error` is. The cause of a 5xx is left to the request log, which writes it once. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = namingLimit(toProblem(error), request);
  if (problem.status >= 500) request.failure = problem.cause ?? problem;
  if (reply.sent || reply.raw.headersSent) return reply;
  reply.removeHeader('content-encoding');
  reply.removeHeader('content-length');
  reply.removeHeader('etag');
  // Fastify would close the connection on a client that still sends, which then sees it break.
  if (Number(request.headers['content-length']) <= LET_IN_BYTES) reply.removeHeader('connection');
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .header('cache-control', 'no-store')
    .header('content-type', PROBLEM_TYPE)
    .send(JSON.stringify(problem.toProblem(request.id)));
}

/** Fastify does not say how long a body may be; most endpoints take the length that the catalogue names, uploads more. */
function namingLimit(problem: ProblemException, request: FastifyRequest): ProblemException {
  const maxBytes = request.routeOptions?.config?.endpoint?.uploadBytes;
  const fromFastify = problem.code === 'body_too_large' && problem.cause !== undefined;
  return fromFastify && maxBytes !== undefined ? tooLarge(maxBytes) : problem;
}
