import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import Docker from 'dockerode';
import type { DockerEndpoint } from './docker-endpoint.js';
import { EngineFaultError, errorMessage, faultOf } from './docker-error.js';

/** Every status is handed to us, so that the bodies of errors are limited in size and time like all others. */
const EVERY_STATUS = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [index + 100, true]));
const ERROR_BODY_BYTES = 16 * 1024;

/**
 * Connections to one engine, set up by dockerode. Nothing is taken from the environment: what `DOCKER_HOST` and its kin
 * say is in the settings.
 * @param certPath folder with `ca.pem`, `cert.pem`, `key.pem`, for endpoints with TLS
 * @throws EngineFaultError (`endpoint`) when the certificates cannot be read
 */
export function connect(endpoint: DockerEndpoint, certPath: string | undefined): Docker {
  const none = {
    host: undefined,
    port: undefined,
    socketPath: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
  };
  const target =
    endpoint.kind === 'unix'
      ? { socketPath: endpoint.socketPath, protocol: 'http' as const }
      : {
          host: endpoint.host,
          port: endpoint.port,
          protocol: endpoint.tls ? ('https' as const) : ('http' as const),
          ...(endpoint.tls && certPath ? certificates(certPath) : {}),
        };
  const docker = dockerode({ ...none, timeout: undefined, ...target });
  // docker-modem's own request follows redirects to anywhere, and formats every request for a debug log.
  Object.defineProperty(docker.modem, 'buildRequest', { value: plainRequest(target.protocol) });
  return docker;
}

/** The constructor also reads what the process's own `DOCKER_*` name, though it is overridden. */
function dockerode(options: Docker.DockerOptions): Docker {
  try {
    return new Docker(options);
  } catch (error) {
    const { code = 'invalid' } = error as NodeJS.ErrnoException;
    const detail = `DOCKER_HOST is wrong, or DOCKER_CERT_PATH cannot be read (${code}).`;
    throw new EngineFaultError({ kind: 'endpoint', detail });
  }
}

function certificates(folder: string): { ca: Buffer; cert: Buffer; key: Buffer } {
  const read = (name: string): Buffer => {
    try {
      return readFileSync(join(folder, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new EngineFaultError({ kind: 'endpoint', detail: `${name} of DOCKER_CERT_PATH cannot be read (${code}).` });
    }
  };
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}

type Answered = (error: Error | null, response: http.IncomingMessage | null) => void;

function plainRequest(protocol: 'http' | 'https') {
  return (options: http.RequestOptions, _context: unknown, _data: unknown, answered: Answered): void => {
    try {
      const request = (protocol === 'https' ? https : http).request(options);
      request.once('response', (response) => answered(null, response));
      // Stays for the life of the request: an abort after the answer is an `error` event too.
      request.on('error', (error) => answered(error, null));
      request.end();
    } catch (error) {
      answered(error as Error, null);
    }
  };
}

/** A GET of the Engine API. `query` values are JSON-encoded when they are objects. */
export interface EngineRequest {
  /** Without the version, for example `/services`. */
  path: string;
  query?: Record<string, unknown>;
  /** For example `1.41`; null for the unversioned path. */
  version: string | null;
}

/**
 * Sends a request and waits for the head of the answer. The body stays to be read, until `signal` fires.
 * @throws EngineFaultError with the signal's own fault when it fired, else with what the connection said
 */
export async function open(docker: Docker, request: EngineRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
  const version = request.version === null ? '' : `/v${request.version}`;
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    docker.modem.dial(
      {
        // docker-modem puts the query behind a `?` that ends the path.
        path: `${version}${request.path}${request.query ? '?' : ''}`,
        method: 'GET',
        ...(request.query ? { options: { ...request.query } } : {}),
        // Calls are minutes apart; a kept connection would only be a stale one.
        headers: { Accept: 'application/json', Connection: 'close' },
        isStream: true,
        statusCodes: EVERY_STATUS,
        abortSignal: signal,
      },
      (error, answer) => {
        if (error) reject(signal.aborted ? signal.reason : new EngineFaultError(faultOf(error)));
        else resolve(answer as http.IncomingMessage);
      },
    );
  });
  const stop = (): void => void response.destroy();
  signal.addEventListener('abort', stop, { once: true });
  response.once('close', () => signal.removeEventListener('abort', stop));
  response.on('error', () => undefined); // told by the reader below; without a listener an abort would end the process
  if (signal.aborted) stop();
  return response;
}

/**
 * Reads a body to its end, every chunk to `sink`.
 * @throws EngineFaultError when it is cut, larger than `maxBytes`, or the signal fires; what `sink` throws
 */
export async function readBody(
  response: http.IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
  sink: (chunk: Buffer) => void,
): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new EngineFaultError({ kind: 'too_large', maxBytes });
      sink(chunk);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof EngineFaultError || !isSystemError(error) ? error : new EngineFaultError({ kind: 'cut' });
  } finally {
    response.destroy();
  }
  if (signal.aborted) throw signal.reason;
  if (!response.complete) throw new EngineFaultError({ kind: 'cut' });
}

/** The fault of an answer that is not 200, with Docker's own message. */
export async function statusFault(response: http.IncomingMessage, signal: AbortSignal): Promise<EngineFaultError> {
  const chunks: Buffer[] = [];
  try {
    await readBody(response, ERROR_BODY_BYTES, signal, (chunk) => chunks.push(chunk));
  } catch (error) {
    if (signal.aborted) throw error;
    // A long or cut body is no matter here: the status is known, and a message that cannot be parsed is left out.
    chunks.length = 0;
  }
  const message = errorMessage(Buffer.concat(chunks).toString());
  return new EngineFaultError({ kind: 'status', status: response.statusCode ?? 0, message });
}

function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === 'string';
}
