import type { onRequestHookHandler } from 'fastify';
import { AccessControl } from '../../src/platform/http/access-control.port.js';

/** Lets everybody in. */
export class Everybody extends AccessControl {
  override hookFor(): onRequestHookHandler {
    return (_request, _reply, done) => done();
  }
}
