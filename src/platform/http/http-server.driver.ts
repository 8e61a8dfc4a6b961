import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ProblemCode } from './problem-catalogue.js';
import { PROBLEM_TYPE, ProblemException } from './problem.js';
import type { Readiness } from './readiness.js';

interface HttpServerOptions {
  readiness: Readiness;
  /** What other paths than the probes answer while no application is attached: an API is `starting`. */
  otherwise?: ProblemCode;
}

const INCOMPLETE_HEADERS_MS = 20_000;
const INCOMPLETE_REQUEST_MS = 60_000;
/** Longer than the idle time of common load balancers (60 s), so that they close first. */
const IDLE_CONNECTION_MS = 72_000;
const SILENT_SOCKET_MS = 120_000;

/**
 * The one listening socket of a process. It answers the probes from the first moment, while the database is still
 * starting; an application takes it over by {@link attach}. Roles without an API leave it at the probes.
 */
export class HttpServer {
  readonly raw: Server;
  private handler: RequestListener;
  private readonly sockets = new Set<Socket>();

  constructor({ readiness, otherwise = 'starting' }: HttpServerOptions) {
    this.handler = probes(readiness, otherwise);
    this.raw = createServer(
      {
        headersTimeout: INCOMPLETE_HEADERS_MS,
        requestTimeout: INCOMPLETE_REQUEST_MS,
        keepAliveTimeout: IDLE_CONNECTION_MS,
        connectionsCheckingInterval: 5_000,
        maxHeaderSize: 16 * 1024,
      },
      (request, response) => this.handler(request, response),
    );
    this.raw.setTimeout(SILENT_SOCKET_MS);
    this.raw.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.raw.on('clientError', refuseUnreadable);
    this.raw.on('checkExpectation', refuseExpectation);
  }

  /** @returns where it listens; `port` 0 takes a free one. Rejects when the port is taken. */
  listen(port: number, host: string): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.raw.once('error', reject);
      this.raw.listen({ port, host }, () => {
        this.raw.off('error', reject);
        resolve(this.raw.address() as AddressInfo);
      });
    });
  }

  attach(handler: RequestListener): void {
    this.handler = handler;
  }

  /** Stops listening, lets requests finish for `patienceMs`, then cuts what is left. */
  async close(patienceMs = 10_000): Promise<void> {
    if (!this.raw.listening) return;
    const closed = new Promise<void>((resolve) => this.raw.close(() => resolve()));
    const sweep = setInterval(() => this.closeUnused(), 50);
    const cut = setTimeout(() => this.raw.closeAllConnections(), patienceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  }

  /** Connections without a request; also those that clients open in advance and have sent nothing on, which Node does not call idle. */
  private closeUnused(): void {
    this.raw.closeIdleConnections();
    for (const socket of this.sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}

function probes(readiness: Readiness, otherwise: ProblemCode): RequestListener {
  const problem = new ProblemException(otherwise);
  return (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0]!;
    const answer = readiness.answer(path);
    const id = requestIdOf(request) ?? newRequestId();
    const status = answer?.status ?? problem.status;
    const body = JSON.stringify(answer?.body ?? problem.toProblem(id));
    response.writeHead(status, {
      'content-type': answer ? 'application/json; charset=utf-8' : PROBLEM_TYPE,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': id,
      ...(status === 503 && { 'retry-after': '1' }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

const REQUEST_ID = /^[\w.:-]{1,128}$/;

const processPart = randomBytes(6).toString('base64url');
let requests = 0;

/** An id that is unique among all requests of all processes. */
export function newRequestId(): string {
  return `${processPart}-${(++requests).toString(36)}`;
}

/** The id that the client gave its request, if it is one that may stand in a log line. */
export function requestIdOf(request: IncomingMessage): string | undefined {
  const id = request.headers['x-request-id'];
  return typeof id === 'string' && REQUEST_ID.test(id) ? id : undefined;
}

/** Node could not read the request, so there is no request to answer: the problem is written on the bare socket. */
function refuseUnreadable(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = new ProblemException(unreadableCode(error.code));
  const { headers, body } = bareAnswer(problem, newRequestId());
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`);
}

/** `Expect` with anything but `100-continue`, which Node would refuse without a word. */
function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const problem = new ProblemException('expectation_failed');
  const { headers, body } = bareAnswer(problem, requestIdOf(request) ?? newRequestId());
  response.writeHead(problem.status, headers).end(body);
}

function bareAnswer(problem: ProblemException, id: string): { headers: Record<string, string>; body: string } {
  const body = JSON.stringify(problem.toProblem(id));
  const headers = {
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': id,
    Connection: 'close',
  };
  return { headers, body };
}

function unreadableCode(code: string | undefined): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'malformed_request';
}
