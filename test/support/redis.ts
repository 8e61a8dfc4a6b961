import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { freePort } from './product.js';

/** What is missing on this machine for {@link RedisServer}, as a sentence that says what to install; null when nothing is. */
export function redisMissing(): string | null {
  const found = spawnSync('redis-server', ['--version']).status === 0;
  return found ? null : 'redis-server is not installed (Debian: apt-get install redis-server)';
}

/** A real Redis on a free port of the loopback, which tests may stop, kill, freeze and start again on the same port. */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
  ) {}

  /** Starts one with an empty data folder that outlives `kill()`, so that what was written is there after `start()`. */
  static async create(): Promise<RedisServer> {
    const server = new RedisServer(await mkdtemp(join(tmpdir(), 'swarmward-redis-')), await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  async start(): Promise<void> {
    // Written before it is answered, which a kill leaves whole. A slow disk is not to hold up commands.
    this.child = spawn(
      'redis-server',
      ('--port ' + this.port + ' --bind 127.0.0.1 --appendonly yes --appendfsync no --daemonize no --loglevel warning')
        .split(' ')
        .concat('--save', '', '--dir', this.folder),
      { stdio: 'ignore' },
    );
    await eventually(() => this.ping());
  }

  /** `kill -9`: nothing is flushed that was not already. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  /** Stops it and removes its data. */
  async stop(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async end(signal: 'SIGKILL'): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** Forgets everything. */
  async empty(): Promise<void> {
    await this.withClient((client) => client.flushall());
  }

  private async ping(): Promise<void> {
    await this.withClient((client) => client.ping());
  }

  private async withClient(work: (client: Redis) => Promise<unknown>): Promise<void> {
    const client = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await work(client);
    } finally {
      client.disconnect();
    }
  }
}
