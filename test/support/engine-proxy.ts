import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import http from 'node:http';
import type { Socket } from 'node:net';

/** One request that went through; times in milliseconds since the epoch. */
export interface ProxiedCall {
  method: string;
  /** As asked for, with version and query. */
  url: string;
  /** Without version and query. */
  path: string;
  startedAt: number;
  /** When the answer was complete or the caller left; null while under way. */
  endedAt: number | null;
  status: number | null;
}

export interface EngineProxy {
  /** For `DOCKER_HOST`. */
  dockerHost: string;
  calls: ProxiedCall[];
  close(): Promise<void>;
}

/**
 * Listens on one unix socket and passes everything on to another, in front of a real Docker Engine, and writes down what was
 * asked: proves how many calls a refresh makes and that none overlap.
 */
export async function startEngineProxy(listenPath: string, enginePath: string): Promise<EngineProxy> {
  const calls: ProxiedCall[] = [];
  const sockets = new Set<Socket>();
  const server = http.createServer((request, response) => {
    const url = request.url ?? '/';
    const path = url.replace(/^\/v\d+\.\d+(?=\/)/, '').replace(/\?.*$/, '');
    const call: ProxiedCall = {
      method: request.method ?? '',
      url,
      path,
      startedAt: now(),
      endedAt: null,
      status: null,
    };
    calls.push(call);
    response.once('close', () => (call.endedAt = now()));
    const { method, headers } = request;
    const onward = http.request({ socketPath: enginePath, path: url, method, headers, agent: false });
    onward.once('response', (answer) => {
      call.status = answer.statusCode ?? null;
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.once('close', () => onward.destroy());
    request.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await rm(listenPath, { force: true });
  server.listen({ path: listenPath });
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { dockerHost: `unix://${listenPath}`, calls, close };
}

const now = (): number => performance.timeOrigin + performance.now();
