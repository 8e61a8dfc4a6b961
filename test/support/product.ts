import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { eventually } from './eventually.js';

export const ADMIN_TOKEN = 'an-admin-token-for-tests-only';

/** What is slow only since the machine is busy is nothing to log. */
export const PATIENT = { SWARMWARD_SLOW_QUERY_MS: '60000', SWARMWARD_SLOW_REQUEST_MS: '60000' };

export interface ProductOptions {
  env?: Record<string, string>;
  /** Kept by the caller; without it a fresh one, removed at the end. */
  dataDir?: string;
  /** Wait until it is ready; false for starts that are expected to fail. */
  ready?: boolean;
  uid?: number;
  /** Where it is started; the checkout otherwise. */
  cwd?: string;
  /** Its main file, of another checkout for example. */
  main?: string;
}

/** Absolute path of a file of the built product. */
export function built(file: string): string {
  return resolve(process.env['PRODUCT_DIST'] ?? 'dist', 'src', file);
}

/** The built product as a process of its own, talked to over HTTP like any client does. */
export class Product {
  output = '';
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  private constructor(
    readonly child: ChildProcess,
    readonly port: number,
    readonly dataDir: string,
    private readonly ownsDataDir: boolean,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  }

  static async start({ env = {}, dataDir, ready = true, uid, cwd, main }: ProductOptions = {}): Promise<Product> {
    const port = env['PORT'] ? Number(env['PORT']) : await freePort();
    const folder = dataDir ?? freshFolder(uid);
    const child = spawn(process.execPath, ['--enable-source-maps', main ?? built('main.js')], {
      cwd: cwd ?? process.cwd(),
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PORT: String(port),
        SWARMWARD_DATA_DIR: folder,
        SWARMWARD_ADMIN_TOKEN: ADMIN_TOKEN,
        SWARMWARD_LOG_FORMAT: 'json',
        DOCKER_HOST: 'unix:///nowhere/docker.sock',
        ...PATIENT,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const product = new Product(child, port, folder, dataDir === undefined);
    if (ready) await product.untilReady();
    return product;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async untilReady(timeoutMs = 60_000): Promise<void> {
    await eventually(
      async () => {
        if (this.child.exitCode !== null) throw new Error(`It ended with ${this.child.exitCode}:\n${this.output}`);
        const { status } = await fetch(`${this.url}/health/ready`);
        if (status !== 200) throw new Error(`Not ready: ${status}\n${this.output}`);
      },
      { timeoutMs, everyMs: 20 },
    );
  }

  /** @param token null sends none */
  fetch(path: string, init: RequestInit & { token?: string | null } = {}): Promise<Response> {
    const { token = ADMIN_TOKEN, headers, ...rest } = init;
    return fetch(`${this.url}${path}`, {
      ...rest,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(headers as Record<string, string>),
      },
    });
  }

  async json<T = Record<string, never>>(path: string): Promise<T> {
    const response = await this.fetch(path);
    return (await response.json()) as T;
  }

  /** Log lines as objects; lines that are no JSON are left out. */
  get lines(): Record<string, unknown>[] {
    return this.output.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as Record<string, unknown>];
      } catch {
        return [];
      }
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    const exit = await this.exited;
    // A PostgreSQL that lost its product may still be writing there.
    if (this.ownsDataDir) rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
    return exit;
  }
}

export function freshFolder(uid?: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'swarmward-test-'));
  chmodSync(folder, uid === undefined ? 0o755 : 0o777);
  return folder;
}

/** Of those that the kernel gives to nobody by itself: it stays free until it is used, and nothing connects from it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** The connection as DATABASE_URL, Unix-socket folders included. */
export function databaseUrl({ host, port, user, password = '', database }: DatabaseConnection): string {
  const query = new URLSearchParams({ host, port: String(port) });
  return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@localhost/${database}?${query}`;
}
