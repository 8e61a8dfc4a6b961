import type { Caller } from './access-control.port.js';
import type { EndpointOwner, EndpointSpec } from './endpoint.decorator.js';

/** What the edge adds to Fastify's requests and routes. */
declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every endpoint that is not public. */
    caller: Caller | null;
    /** Why the answer is a 5xx; for the request log only. */
    failure: unknown;
  }
  interface FastifyContextConfig {
    endpoint?: EndpointSpec;
    owner?: EndpointOwner;
  }
}
