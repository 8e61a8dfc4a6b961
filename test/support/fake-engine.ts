import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import * as payloads from './fake-engine-payloads.js';
import type { FakeSwarmSize } from './fake-engine-payloads.js';

/**
 * How an engine can behave:
 * `ok`; `hang` accepts and never answers; `drip` sends one byte each 100 ms; `garbage` answers HTML with status 200; `wrong` valid
 * JSON of another shape; `half` cuts the body and the connection; `short` a whole answer of half a JSON text; `reset` closes at once;
 * `not-http` other bytes than HTTP; `redirect`; `error` 500; `leaderless` 503; `not-swarm`, `worker`, `starting` as Docker says them;
 * `forbidden` as a docker-socket-proxy; `old-version` 400.
 */
export type FakeMode =
  | 'ok'
  | 'hang'
  | 'drip'
  | 'garbage'
  | 'wrong'
  | 'half'
  | 'short'
  | 'reset'
  | 'not-http'
  | 'redirect'
  | 'error'
  | 'leaderless'
  | 'not-swarm'
  | 'worker'
  | 'starting'
  | 'forbidden'
  | 'old-version';

/** One request as the engine saw it; `path` has no version, times are those of `performance.now()` plus its origin. */
export interface FakeCall {
  method: string;
  url: string;
  version: string | null;
  path: string;
  startedAt: number;
  /** Null while it is under way. */
  endedAt: number | null;
}

export interface FakeEngineOptions extends Partial<FakeSwarmSize> {
  /** Serve TCP on 127.0.0.1 instead of a unix socket. */
  tcp?: boolean;
  /** Socket to listen on; left out: in a new folder under the temporary one. */
  socketPath?: string;
  /** `Api-Version` header; null for an engine that sends none. */
  apiVersion?: string | null;
}

type Answer = { status?: number; headers?: http.OutgoingHttpHeaders; body: Buffer[] };

const json = (value: unknown, status = 200): Answer => ({ status, body: [Buffer.from(`${JSON.stringify(value)}\n`)] });
const refusal = (status: number, message: string): Answer => json({ message }, status);
const PREFIX = 'This node is not a swarm manager.';
const REFUSALS: Partial<Record<FakeMode, Answer>> = {
  garbage: { body: [Buffer.from('<html><body>It works!</body></html>')] },
  wrong: json({ message: 'nothing to see' }),
  redirect: { status: 302, headers: { Location: '/elsewhere' }, body: [] },
  error: refusal(500, 'rpc error: code = Unknown desc = something is broken'),
  leaderless: refusal(
    503,
    "rpc error: The swarm does not have a leader. It's possible that too few managers are online.",
  ),
  forbidden: { status: 403, body: [Buffer.from('<html><body><h1>403 Forbidden</h1></body></html>')] },
};
/** On the calls about the swarm; the others are answered. */
const SWARM_REFUSALS: Partial<Record<FakeMode, string>> = {
  'not-swarm': `${PREFIX} Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.`,
  starting: `${PREFIX} Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.`,
  worker: `${PREFIX} Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.`,
};

/** Starts an HTTP server that plays the Docker Engine. @throws when it cannot listen */
export async function startFakeEngine(options: FakeEngineOptions = {}): Promise<FakeEngine> {
  const folder = options.socketPath || options.tcp ? null : await mkdtemp(join(tmpdir(), 'swd-fake-'));
  const engine = new FakeEngine(options, options.socketPath ?? (folder ? join(folder, 'd.sock') : null), folder);
  await engine.up();
  return engine;
}

export class FakeEngine {
  /** Every request so far, `/swarm` too: nobody may ask for it. */
  readonly calls: FakeCall[] = [];
  readonly size: FakeSwarmSize;
  apiVersion: string | null;
  private readonly bodies: Record<string, Buffer[]>;
  private readonly server = http.createServer((request, response) => void this.answer(request, response));
  private readonly sockets = new Set<Socket>();
  private readonly followers = new Set<http.ServerResponse>();
  private readonly delays = new Map<string, number>();
  private readonly modes = new Map<string, FakeMode>();
  private mode: FakeMode = 'ok';
  private port = 0;

  constructor(
    options: FakeEngineOptions,
    private readonly socketPath: string | null,
    private readonly folder: string | null,
  ) {
    const { nodes = 3, services = 3, tasks = 12 } = options;
    this.size = { nodes, services, tasks };
    this.apiVersion = options.apiVersion === undefined ? '1.47' : options.apiVersion;
    this.bodies = {
      '/info': json(payloads.fakeInfo(this.size)).body,
      '/nodes': payloads.fakeList(nodes, (index) => payloads.fakeNode(index)),
      '/services': payloads.fakeList(services, (index) => payloads.fakeService(index, Math.ceil(tasks / services))),
      '/tasks': payloads.fakeList(tasks, (index) => payloads.fakeTask(index, this.size)),
    };
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
  }

  /** For `DOCKER_HOST`. */
  get dockerHost(): string {
    return this.socketPath === null ? `tcp://127.0.0.1:${this.port}` : `unix://${this.socketPath}`;
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  get openEventStreams(): number {
    return this.followers.size;
  }

  /** Requests of one path, without version and query. */
  callsOf(path: string): FakeCall[] {
    return this.calls.filter((call) => call.path === path);
  }

  /** Bytes of the four answers of one refresh. */
  get bytes(): number {
    return Object.values(this.bodies)
      .flat()
      .reduce((sum, buffer) => sum + buffer.length, 0);
  }

  /** Changes the behaviour from the next request on; with a path (`/info`) only there. `ok` with no path forgets all. */
  setMode(mode: FakeMode, path?: string): void {
    if (path !== undefined) this.modes.set(path, mode);
    else {
      this.mode = mode;
      if (mode === 'ok') this.modes.clear();
    }
  }

  /** Answers of this path begin so many milliseconds later. */
  setDelay(path: string, milliseconds: number): void {
    this.delays.set(path, milliseconds);
  }

  /** Replaces an answer, for example `setBody('/nodes', [])`. */
  setBody(path: string, value: unknown): void {
    this.bodies[path] = [Buffer.from(JSON.stringify(value))];
  }

  /** Writes a swarm event to all who follow; a string is written as it is. */
  emitEvent(event: Record<string, unknown> | string): void {
    const line = typeof event === 'string' ? event : `${JSON.stringify({ scope: 'swarm', ...event })}\n`;
    for (const follower of this.followers) follower.write(line);
  }

  /** Cuts the event streams, as a proxy with a time limit does. */
  dropEvents(): void {
    for (const follower of this.followers) follower.destroy();
  }

  /** Dies: the socket is gone and every connection with it. `up` brings it back at the same place. */
  async down(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async up(): Promise<void> {
    this.server.listen(this.socketPath === null ? { port: this.port, host: '127.0.0.1' } : { path: this.socketPath });
    await once(this.server, 'listening');
    if (this.socketPath === null) this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await this.down();
    if (this.folder !== null) await rm(this.folder, { recursive: true, force: true });
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    const [, version = null, path = '/'] = /^(?:\/v(\d+\.\d+))?(\/[^?]*)/.exec(url) ?? [];
    const call: FakeCall = { method: request.method ?? '', url, version, path, startedAt: now(), endedAt: null };
    this.calls.push(call);
    response.once('close', () => (call.endedAt = now()));
    const delay = this.delays.get(path) ?? 0;
    if (delay > 0) await pause(delay);
    if (response.destroyed) return;
    if (this.apiVersion !== null) response.setHeader('Api-Version', this.apiVersion);
    const mode = this.modes.get(path) ?? this.mode;
    await this.play(mode, path, version, response);
  }

  private async play(mode: FakeMode, path: string, version: string | null, response: http.ServerResponse) {
    if (mode === 'hang') return;
    if (mode === 'reset') return void response.socket?.destroy();
    if (mode === 'not-http') return void response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n');
    if (mode === 'old-version' && version !== null) {
      const message = `client version ${version} is too old. Minimum supported API version is 1.99, please upgrade your client`;
      return send(response, refusal(400, message));
    }
    const refused = REFUSALS[mode] ?? this.swarmRefusal(mode, path);
    if (refused !== null) return send(response, refused);
    if (path === '/events') return this.follow(mode, response);
    const { body } = this.normal(path);
    if (mode === 'drip') return drip(response, Buffer.concat(body));
    if (mode === 'half') return half(response, Buffer.concat(body));
    if (mode === 'short') return send(response, { body: [halfOf(Buffer.concat(body))] });
    return send(response, this.normal(path));
  }

  private normal(path: string): Answer {
    if (path === '/_ping') return { headers: { 'Content-Type': 'text/plain' }, body: [Buffer.from('OK')] };
    if (path === '/version') return json({ ApiVersion: this.apiVersion, Version: '27.5.1' });
    if (path === '/swarm') {
      const tokens = { Worker: payloads.PLANTED_JOIN_TOKEN, Manager: `${payloads.PLANTED_JOIN_TOKEN}-manager` };
      return json({ ID: 'fake', JoinTokens: tokens });
    }
    const body = this.bodies[path];
    return body === undefined ? refusal(404, 'page not found') : { body };
  }

  private swarmRefusal(mode: FakeMode, path: string): Answer | null {
    const message = SWARM_REFUSALS[mode];
    if (message === undefined) return null;
    if (['/nodes', '/services', '/tasks', '/swarm'].includes(path)) return refusal(503, message);
    if (path !== '/info') return null;
    const state = { 'not-swarm': 'inactive', starting: 'pending' }[mode as string] ?? 'active';
    return json({ Name: 'node1', ServerVersion: '27.5.1', Swarm: { LocalNodeState: state, ControlAvailable: false } });
  }

  private follow(mode: FakeMode, response: http.ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    this.followers.add(response);
    response.once('close', () => this.followers.delete(response));
    if (mode === 'half') response.destroy();
    if (mode === 'drip') void dripOn(response, Buffer.from('{"Type":"node"}\n'));
  }
}

const now = (): number => performance.timeOrigin + performance.now();
const halfOf = (body: Buffer): Buffer => body.subarray(0, Math.floor(body.length / 2));

function send(response: http.ServerResponse, { status = 200, headers = {}, body }: Answer): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  Readable.from(body).pipe(response);
}

async function drip(response: http.ServerResponse, body: Buffer): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  await dripOn(response, body);
  response.end();
}

async function dripOn(response: http.ServerResponse, body: Buffer): Promise<void> {
  for (let index = 0; index < body.length && !response.destroyed; index++) {
    response.write(body.subarray(index, index + 1));
    await pause(100);
  }
}

function half(response: http.ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  response.write(halfOf(body), () => response.socket?.destroy());
}
