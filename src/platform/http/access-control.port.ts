import type { onRequestHookHandler } from 'fastify';

export const ROLES = ['viewer', 'operator', 'admin'] as const;
/** Each role may do what the ones before it may. */
export type Role = (typeof ROLES)[number];

/** Who sends a request. */
export interface Caller {
  tokenId: string;
  name: string;
  role: Role;
}

/**
 * Decides who may call an endpoint. The edge asks for one hook per endpoint at boot and runs it before anything of
 * the request but its headers is read: before the body, before validation. There is no default: without an
 * implementation the product does not boot.
 */
export abstract class AccessControl {
  /** A hook that sets `request.caller`, or refuses with a ProblemException passed to `done`. */
  abstract hookFor(role: Role): onRequestHookHandler;
}
