import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp } from '../../src/platform/http/create-http-app.js';
import type { RequestCounters } from '../../src/platform/http/request-counters.hook.js';
import { HttpServer } from '../../src/platform/http/http-server.driver.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import type { RequestLogger } from '../../src/platform/http/request-log.hook.js';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  raw: Buffer;
  /** The body, parsed if it is JSON of any kind. */
  body: unknown;
}

interface Ask {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as it is if it is text, otherwise as JSON. */
  body?: unknown;
}

/** An application over real HTTP on a free port. */
export interface HttpLab {
  app: NestFastifyApplication;
  readiness: Readiness;
  server: HttpServer;
  port: number;
  /** What the request log wrote. */
  logged: { level: string; fields: Record<string, unknown>; message: string }[];
  ask(path: string, ask?: Ask): Promise<Answer>;
  /** Writes bytes to the socket and reads until it is closed. */
  speak(bytes: string): Promise<string>;
  close(): Promise<void>;
}

interface HttpLabOptions {
  slowRequestMs?: number;
  corsOrigins?: string[];
  trustProxy?: boolean;
  debug?: boolean;
  requestCounters?: RequestCounters;
}

export async function startHttpLab(
  rootModule: Type | DynamicModule,
  { slowRequestMs = 60_000, corsOrigins, trustProxy = false, debug = false, requestCounters }: HttpLabOptions = {},
): Promise<HttpLab> {
  const readiness = new Readiness();
  const server = new HttpServer({ readiness });
  const { port } = await server.listen(0, '127.0.0.1');
  const logged: HttpLab['logged'] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, fields: fields as Record<string, unknown>, message });
  const requestLogger: RequestLogger = {
    isLevelEnabled: () => debug,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const settings = { slowRequestMs, corsOrigins, trustProxy };
  const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };
  let app: NestFastifyApplication;
  try {
    app = await createHttpApp(rootModule, {
      settings,
      server,
      requestLogger,
      ...(requestCounters && { requestCounters }),
      version: '1.2.3',
      logger: quiet,
    });
  } catch (error) {
    await server.close(0);
    throw error;
  }
  readiness.ready();
  return {
    app,
    readiness,
    server,
    port,
    logged,
    ask: (path, ask) => askServer(port, path, ask),
    speak: (bytes) => speakTo(port, bytes),
    close: async () => {
      await server.close(1_000);
      await app.close();
    },
  };
}

export function askServer(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: Ask = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const typed = payload === undefined || headers['content-type'] ? {} : { 'content-type': 'application/json' };
    const length = payload === undefined ? {} : { 'content-length': String(Buffer.byteLength(payload as string)) };
    const request = httpRequest(
      { port, host: '127.0.0.1', path, method, headers: { ...typed, ...length, ...headers }, agent: false },
      (response) => {
        if (String(response.headers['content-type']).startsWith('text/event-stream')) {
          // There is no end to wait for.
          response.destroy();
          return resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            raw: Buffer.alloc(0),
            body: '',
          });
        }
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const raw = Buffer.concat(chunks);
          const json =
            String(response.headers['content-type']).includes('json') && !response.headers['content-encoding'];
          const parsed: unknown = json && raw.length > 0 ? JSON.parse(raw.toString()) : raw.toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, raw, body: parsed });
        });
        response.on('error', reject);
      },
    );
    request.setTimeout(40_000, () => request.destroy(new Error(`No answer to ${method} ${path}`)));
    request.on('error', reject);
    request.end(payload);
  });
}

function speakTo(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes, 'latin1'));
    let heard = '';
    socket.setTimeout(40_000, () => socket.destroy(new Error('The server neither answered nor closed')));
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
  });
}
