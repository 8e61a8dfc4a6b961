import type { ProblemCode } from './problem-catalogue.js';
import { ProblemException } from './problem.js';

interface Failure {
  code?: unknown;
  status?: unknown;
  statusCode?: unknown;
  message?: unknown;
  name?: unknown;
  syscall?: unknown;
  cause?: unknown;
  driverError?: unknown;
}

const FASTIFY_CODES: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_BAD_URL: 'malformed_url',
  FST_ERR_MAX_PARAM_LENGTH: 'url_too_long',
};

const STATUS_CODES: Record<number, ProblemCode> = {
  404: 'not_found',
  408: 'request_timeout',
  409: 'conflict',
  413: 'body_too_large',
  414: 'url_too_long',
  415: 'unsupported_media_type',
  417: 'expectation_failed',
  429: 'rate_limited',
  431: 'headers_too_large',
};

/** What any thrown value becomes on the wire. Nothing of an unknown error reaches the client. */
export function toProblem(error: unknown): ProblemException {
  if (error instanceof ProblemException) return error;
  const failure = asFailure(error);
  const source = asFailure(failure.cause ?? error);
  const known = FASTIFY_CODES[String(source.code)] ?? FASTIFY_CODES[String(failure.code)];
  if (known) return new ProblemException(known, { cause: error });

  const status = Number(failure.statusCode ?? failure.status);
  // Nest's words for a path that no route has.
  if (status === 404 && String(failure.message).startsWith('Cannot ')) return new ProblemException('route_not_found');
  if (status >= 400 && status < 500) {
    return new ProblemException(STATUS_CODES[status] ?? 'malformed_request', { cause: error });
  }
  if (isNamed(error, 'QueueUnavailableError')) return unavailable('queue_unavailable', error);
  if (anyCause(error, isCancelledQuery)) return unavailable('database_timeout', error);
  if (anyCause(error, isLockLost)) return unavailable('inventory_busy', error);
  if (anyCause(error, isDatabaseAway)) return unavailable('database_unavailable', error);
  return new ProblemException('internal_error', { cause: error });
}

function unavailable(code: ProblemCode, cause: unknown): ProblemException {
  return new ProblemException(code, { headers: { 'retry-after': '2' }, cause });
}

/** Connection lost or refused, no free connection in time, or a server that starts or stops (SQLSTATE 08, 57P, 53300). */
const AWAY_CODES =
  /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|EPIPE|57P0\d|08\w{3}|53300)$/;
const AWAY_MESSAGES =
  /^(?:timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Cannot use a pool after)/;

/** Whether the error says that PostgreSQL cannot be reached now, as opposed to a query that is wrong. */
function isDatabaseAway(failure: Failure): boolean {
  return (
    AWAY_CODES.test(String(failure.code)) ||
    (failure.code === 'ENOENT' && failure.syscall === 'connect') ||
    failure.name === 'CannotExecuteNotConnectedError' ||
    AWAY_MESSAGES.test(String(failure.message))
  );
}

function isCancelledQuery(failure: Failure): boolean {
  return failure.code === '57014' || failure.message === 'Query read timeout';
}

/** A lock that did not come in time, a deadlock, or two transactions that cannot both be right (55P03, 40P01, 40001): nothing was written. */
function isLockLost(failure: Failure): boolean {
  return failure.code === '55P03' || failure.code === '40P01' || failure.code === '40001';
}

function isNamed(error: unknown, name: string): boolean {
  return anyCause(error, (failure) => failure.name === name);
}

function anyCause(error: unknown, test: (failure: Failure) => boolean, depth = 0): boolean {
  const failure = asFailure(error);
  if (test(failure)) return true;
  if (depth > 4) return false;
  return [failure.driverError, failure.cause].some((inner) => inner && anyCause(inner, test, depth + 1));
}

function asFailure(error: unknown): Failure {
  return typeof error === 'object' && error !== null ? error : {};
}
