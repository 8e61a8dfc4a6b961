import type { onResponseHookHandler } from 'fastify';
import { PROBES } from './request-log.hook.js';

/** Answered requests since the start of the process, probes of health left out. */
export class RequestCounters {
  requests = 0;
  /** Answered with a 5xx. */
  failures = 0;

  count(status: number): void {
    this.requests += 1;
    if (status >= 500) this.failures += 1;
  }
}

/** Counts every request once it is answered. */
export function countRequests(counters: RequestCounters): onResponseHookHandler {
  return function countRequest(request, reply, done) {
    if (!PROBES.has(request.routeOptions.url ?? '')) counters.count(reply.statusCode);
    done();
  };
}
