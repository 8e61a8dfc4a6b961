import { oneLine } from './raw-fields.js';
import { type EngineCall, SwarmCollectionError } from './swarm-client.port.js';

/** What went wrong with one API call, before it is told to people. */
export type EngineFault =
  | { kind: 'aborted' }
  | { kind: 'timeout'; afterMs: number }
  /** No answer: the request failed with this system or TLS error. */
  | { kind: 'connection'; errorCode: string; detail: string }
  /** The connection ended before the answer did. */
  | { kind: 'cut' }
  | { kind: 'too_large'; maxBytes: number }
  /** The body is not what the API promises. Both texts hold none of it. */
  | { kind: 'bad_answer'; wanted: string; detail: string | null }
  | { kind: 'status'; status: number; message: string | null }
  /** The configured host or its certificates are of no use. */
  | { kind: 'endpoint'; detail: string };

/** An {@link EngineFault} as an error, so that it can be thrown and be the reason of an abort. */
export class EngineFaultError extends Error {
  override readonly name = 'EngineFaultError';
  constructor(readonly fault: EngineFault) {
    super(fault.kind);
  }
}

const NOT_SUPPORTED_VERSION = /client version|api version/i;
const NOT_IN_SWARM = /docker swarm (init|join)/i;
const WORKER = /worker nodes can't/i;
const TLS_ERROR = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|EPROTO/;
const PROXY_ACCESS = 'INFO NODES SERVICES TASKS EVENTS PING VERSION';

/** The engine speaks another API version than the one asked for: negotiate again. */
export function isVersionRefusal(fault: EngineFault): boolean {
  return fault.kind === 'status' && fault.status === 400 && NOT_SUPPORTED_VERSION.test(fault.message ?? '');
}

/** The engine says by itself that it belongs to no swarm. */
export function saysNotInSwarm(fault: EngineFault): boolean {
  return fault.kind === 'status' && fault.status === 503 && NOT_IN_SWARM.test(fault.message ?? '');
}

/** The fault behind anything thrown by a request; what is unknown counts as a failed connection. */
export function faultOf(error: unknown): EngineFault {
  if (error instanceof EngineFaultError) return error.fault;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return {
    kind: 'connection',
    errorCode: typeof code === 'string' ? code : '',
    detail: oneLine(typeof message === 'string' ? message : 'unknown error', 200),
  };
}

/**
 * The `message` of an error answer. Docker writes it for people; anything else in the body stays inside.
 * @param body the beginning of the answer's body
 */
export function errorMessage(body: string): string | null {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' && message !== '' ? oneLine(message, 300) : null;
  } catch {
    return null;
  }
}

/**
 * Tells a fault to people: a stable code and a sentence that says what to do.
 * @param host as shown, for example `unix:///var/run/docker.sock`
 * @param path of the API call, for example `/nodes`
 */
export function toCollectionError(
  fault: EngineFault,
  host: string,
  path: string,
  calls: EngineCall[],
): SwarmCollectionError {
  const [code, message] = describe(fault, host, path);
  return new SwarmCollectionError(code, message, calls);
}

type Described = [SwarmCollectionError['code'], string];

function describe(fault: EngineFault, host: string, path: string): Described {
  switch (fault.kind) {
    case 'aborted':
      return ['aborted', 'The collection was stopped.'];
    case 'timeout':
      return [
        'docker_timeout',
        `The Docker Engine at ${host} did not answer ${path} within ${fault.afterMs / 1000} s. ` +
          'Look at the load of that manager, and whether `docker node ls` answers there.',
      ];
    case 'connection':
      return describeConnection(fault.errorCode, fault.detail, host, path);
    case 'cut':
      return [
        'docker_bad_answer',
        `The Docker Engine at ${host} ended its answer to ${path} too early. It may have been restarted.`,
      ];
    case 'too_large':
      return [
        'docker_bad_answer',
        `The Docker Engine at ${host} answered more than ${Math.round(fault.maxBytes / 1024 / 1024)} MiB to ${path}; the rest was not read.`,
      ];
    case 'bad_answer':
      return [
        'docker_bad_answer',
        `What listens at ${host} answered something that is not ${fault.wanted} to ${path}` +
          `${fault.detail === null ? '' : ` (${fault.detail})`}. Is it a Docker Engine?`,
      ];
    case 'status':
      return describeStatus(fault.status, fault.message, host, path);
    case 'endpoint':
      return ['docker_unreachable', `The Docker host ${host} cannot be used: ${fault.detail}`];
  }
}

function describeConnection(errorCode: string, detail: string, host: string, path: string): Described {
  const socket = host.startsWith('unix://');
  if (errorCode === 'ENOENT' && socket) {
    return [
      'docker_not_found',
      `No Docker Engine at ${host}. Set DOCKER_HOST, or start the worker with the socket mounted.`,
    ];
  }
  if (errorCode === 'EACCES' || errorCode === 'EPERM') {
    return [
      'docker_permission_denied',
      `No permission to use ${host}. Run the worker in the group that owns the socket (usually docker), or set DOCKER_HOST to a read-only socket proxy.`,
    ];
  }
  if (errorCode === 'ECONNREFUSED') {
    const cause = socket ? 'The socket is there, but nothing listens on it' : 'Nothing listens there';
    return [
      'docker_unreachable',
      `No Docker Engine answers at ${host}. ${cause}: start Docker, or correct DOCKER_HOST.`,
    ];
  }
  if (errorCode === 'ENOTFOUND' || errorCode === 'EAI_AGAIN') {
    return ['docker_unreachable', `The name in ${host} cannot be resolved. Correct DOCKER_HOST, or look at the DNS.`];
  }
  if (TLS_ERROR.test(errorCode)) {
    return [
      'docker_unreachable',
      `No secure connection to ${host} (${detail}). DOCKER_CERT_PATH must hold the ca.pem, cert.pem and key.pem of that engine.`,
    ];
  }
  if (errorCode.startsWith('HPE_')) {
    return [
      'docker_bad_answer',
      `What listens at ${host} does not speak HTTP. Is it a Docker Engine, and without TLS?`,
    ];
  }
  if (errorCode === 'ECONNRESET' || errorCode === 'EPIPE') {
    return ['docker_unreachable', `The Docker Engine at ${host} closed the connection without answering ${path}.`];
  }
  return ['docker_unreachable', `The Docker Engine at ${host} cannot be reached for ${path} (${detail}).`];
}

function describeStatus(status: number, message: string | null, host: string, path: string): Described {
  const words = message === null ? '' : `: ${message}`;
  if (status === 503 && WORKER.test(message ?? '')) {
    return [
      'not_a_manager',
      `The Docker Engine at ${host} is a worker of the swarm; only managers know its state. Set DOCKER_HOST to a manager.`,
    ];
  }
  if (status === 401 || status === 403) {
    return [
      'docker_refused',
      `${host} does not allow ${path} (HTTP ${status}${words}). A docker-socket-proxy must allow ${PROXY_ACCESS}.`,
    ];
  }
  if (status >= 300 && status < 400) {
    return ['docker_bad_answer', `What listens at ${host} redirects ${path} (HTTP ${status}). Is it a Docker Engine?`];
  }
  return ['docker_refused', `The Docker Engine at ${host} refused ${path} with HTTP ${status}${words}`];
}
