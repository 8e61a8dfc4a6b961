import { readFileSync } from 'node:fs';
import type { INestApplicationContext } from '@nestjs/common';
import type { Logger as PinoLogger } from 'pino';
import type { Settings } from '../platform/config/settings.schema.js';
import type { DatabaseConnection } from '../platform/database/connection.js';
import type { EmbeddedPostgres } from '../platform/database/embedded/embedded-postgres.driver.js';
import { HttpServer } from '../platform/http/http-server.driver.js';
import { Readiness } from '../platform/http/readiness.js';
import type { NestLogger } from '../platform/observability/nest-logger.js';
import { within } from '../platform/observability/time-limit.js';
import { readyLines } from './ready-lines.js';

/** A stop is over after this, whatever hangs: Compose and Kubernetes are told to wait for 30 s. */
const STOP_LIMIT_MS = 24_500;
/** Requests under way get this long, jobs 15 s beside them; what is left is for PostgreSQL, which is stopped last. */
const REQUESTS_LIMIT_MS = 10_000;
const APP_LIMIT_MS = 22_000;

class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/**
 * One process of Swarmward: a listener that answers probes from the first moment, the database, the faces of its role.
 * Modules are loaded while PostgreSQL starts, since both take about as long.
 */
export class Product {
  private readonly readiness = new Readiness();
  private readonly server: HttpServer;
  private readonly aborted = new AbortController();
  private postgres: EmbeddedPostgres | null = null;
  private app: INestApplicationContext | null = null;
  private stopJobs: () => Promise<void> = async () => undefined;
  private starting: Promise<void> | null = null;
  private stopped: Promise<boolean> | null = null;
  /** Not the process's: `npm start` may have installed and built before. */
  private readonly began = performance.now();

  constructor(
    private readonly settings: Settings,
    private readonly pino: PinoLogger,
    private readonly log: NestLogger,
  ) {
    this.server = new HttpServer({
      readiness: this.readiness,
      otherwise: this.servesApi ? 'starting' : 'route_not_found',
    });
  }

  get stopping(): boolean {
    return this.stopped !== null;
  }

  private get servesApi(): boolean {
    return this.settings.role === 'api' || this.settings.role === 'all';
  }

  /** @throws Error with a message for people when it cannot start */
  start(): Promise<void> {
    return (this.starting ??= this.boot());
  }

  /** @returns whether everything ended in time */
  stop(): Promise<boolean> {
    return (this.stopped ??= within(STOP_LIMIT_MS, this.shutDown()).catch((error: unknown) => {
      this.log.error(`Stopped before everything was finished: ${String(error)}`, 'Main');
      return false;
    }));
  }

  private async boot(): Promise<void> {
    const { settings, log } = this;
    const { port } = await this.listen();
    const version = readVersion();
    const loading = import('../roles/load-role.js').then(({ loadRole }) => loadRole(settings, version, this.pino, log));
    // Its failure is reported when it is awaited below.
    loading.catch(() => undefined);
    const connection = await this.connect();
    const role = await loading;
    this.aborted.signal.throwIfAborted();
    const dataFolder = this.postgres?.dataDir ?? process.cwd();
    const ground = { settings, version, connection, readiness: this.readiness, dataFolder };
    const { app, firstToken, hint, stopJobs } = await role.run(ground, this.server);
    this.app = app;
    this.stopJobs = stopJobs;
    this.aborted.signal.throwIfAborted();
    this.readiness.ready();
    const seconds = (performance.now() - this.began) / 1000;
    const { role: name, host, redisUrl } = settings;
    const lines = readyLines({ version, role: name, host, port, seconds, sharedCache: redisUrl !== undefined });
    for (const line of hint ? [...lines, hint] : lines) log.log(line, 'Main');
    // Past the logger: it would mask the token, and log collectors must not keep it.
    if (firstToken) process.stdout.write(`\n  Admin token, shown this once: ${firstToken}\n\n`);
  }

  private async listen(): Promise<{ port: number }> {
    const { host, port } = this.settings;
    try {
      return await this.server.listen(port, host);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE') {
        throw new PortTakenError(
          `Port ${port} on ${host} is taken, perhaps by a Swarmward that already runs. Stop it, or set PORT to another one.`,
        );
      }
      throw new PortTakenError(`Cannot listen on ${host}:${port}: ${message}. Check SWARMWARD_HOST and PORT.`);
    }
  }

  private async connect(): Promise<DatabaseConnection> {
    const { settings, log, aborted } = this;
    if (settings.databaseUrl) {
      const [{ parseDatabaseUrl }, { waitForDatabase }] = await Promise.all([
        import('../platform/database/connection.js'),
        import('../platform/database/wait-for-database.driver.js'),
      ]);
      const connection = parseDatabaseUrl(settings.databaseUrl);
      await waitForDatabase(connection, { signal: aborted.signal, log });
      return connection;
    }
    const { startEmbeddedPostgres } = await import('../platform/database/embedded/embedded-postgres.driver.js');
    this.postgres = await startEmbeddedPostgres({
      dataDir: settings.dataDir,
      log,
      signal: aborted.signal,
      onGivenUp: (error) => {
        log.fatal(error, 'Main');
        void this.stop().then(() => process.exit(1));
      },
    });
    return this.postgres.connection;
  }

  private async shutDown(): Promise<boolean> {
    this.readiness.drain();
    this.aborted.abort(new Error('stopping'));
    // A start that is under way notices the signal at its next step.
    await this.starting?.catch(() => undefined);
    let clean = true;
    const closeApp = async (): Promise<void> => {
      // Side by side, and before the pools that both use.
      await Promise.all([this.stopJobs(), this.server.close(REQUESTS_LIMIT_MS)]);
      await this.app?.close();
    };
    await within(APP_LIMIT_MS, closeApp()).catch((error: unknown) => {
      clean = false;
      this.log.error(`Not everything could be finished: ${String(error)}`, 'Main');
    });
    await this.postgres?.stop();
    if (this.app) this.log.log('Stopped', 'Main');
    return clean;
  }
}

function readVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
