import type { onResponseHookHandler } from 'fastify';

/** What the request log needs of a logger; pino's has it. */
export interface RequestLogger {
  isLevelEnabled(level: string): boolean;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

type Level = 'debug' | 'info' | 'warn' | 'error';

/** The level a request is logged at: reads that went well and probes only at debug. */
export function requestLevel(method: string, status: number, milliseconds: number, slowMs: number): Level {
  // Something behind us is away, which it says itself: no mistake of ours, and too many such lines would hide one.
  if (status === 503) return 'warn';
  if (status >= 500) return 'error';
  if (milliseconds > slowMs) return 'warn';
  if (status >= 400) return 'info';
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'debug' : 'info';
}

/** What asks whether we are well: their 503 says so on purpose. */
export const PROBES: ReadonlySet<string> = new Set(['/health/live', '/health/ready', '/api/v1/health']);

/** Logs every request once it is answered. Never its query, headers or body: they may hold secrets. */
export function requestLog(logger: RequestLogger, slowMs: number): onResponseHookHandler {
  return function logRequest(request, reply, done) {
    const milliseconds = reply.elapsedTime;
    const status = reply.statusCode;
    // A stream lasts as long as its client likes.
    const slow = milliseconds > slowMs && !request.routeOptions.config?.endpoint?.stream;
    let level = requestLevel(request.method, status, slow ? milliseconds : 0, slowMs);
    if (level === 'debug' && !logger.isLevelEnabled('debug')) return done();
    const route = request.routeOptions.url ?? 'unknown';
    if (PROBES.has(route) && !slow && request.failure === undefined) level = 'debug';
    logger[level](
      {
        request_id: request.id,
        method: request.method,
        route,
        status,
        duration_ms: Math.round(milliseconds * 10) / 10,
        ...(request.caller && { caller: request.caller.name }),
        ...(request.failure !== undefined && failureFields(status, request.failure)),
      },
      level === 'warn' && slow ? 'Slow request' : 'Request',
    );
    done();
  };
}

/** Where it happened matters only for a mistake of ours. */
function failureFields(status: number, failure: unknown): object {
  return status === 503 && failure instanceof Error ? { reason: failure.message } : { err: failure };
}
