import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource, type EntitySchema } from 'typeorm';
import { readSettings } from '../../src/platform/config/read-settings.js';
import type { DatabaseConnection } from '../../src/platform/database/connection.js';
import { type DatabaseSettings, dataSourceOptions } from '../../src/platform/database/data-source-options.driver.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/database/embedded/embedded-postgres.driver.js';
import { toPgConfig } from '../../src/platform/database/pg-config.driver.js';
import type { PlainLog } from '../../src/platform/database/plain-log.js';
import { runMigrations } from '../../src/platform/database/run-migrations.driver.js';

/** A PostgreSQL of the test file's own, with fresh databases on demand. */
export interface TestPostgres {
  server: EmbeddedPostgres;
  /** A new database with the product's tables. */
  createDatabase(): Promise<DatabaseConnection>;
  createEmptyDatabase(): Promise<DatabaseConnection>;
  /** A new migrated database with the product's own data source on it; closed by `stop()`. */
  openDataSource(options?: TestDataSourceOptions): Promise<DataSource>;
  stop(): Promise<void>;
}

export interface TestDataSourceOptions {
  connection?: DatabaseConnection;
  entities?: (new () => object)[] | EntitySchema[];
  settings?: Partial<DatabaseSettings>;
}

/** Keeps what is logged. */
export class RecordedLog implements PlainLog {
  readonly lines: string[] = [];
  log = (message: unknown): void => void this.lines.push(textOf(message));
  warn = this.log;
  error = this.log;
}

/** Starts one in a few tenths of a second; to be called in `beforeAll`, and stopped in `afterAll`. Works as root as well. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dataDir = await temporaryFolder();
  const server = await startEmbeddedPostgres({ dataDir, log: new RecordedLog() });
  const opened: DataSource[] = [];
  let count = 0;
  let template: Promise<string> | undefined;

  const create = async (from?: string): Promise<DatabaseConnection> => {
    const database = `test_${++count}`;
    await query(server.connection, `CREATE DATABASE ${database}${from ? ` TEMPLATE ${from}` : ''}`);
    return { ...server.connection, database };
  };
  const migrated = async (): Promise<string> => {
    const connection = await create();
    await runMigrations(connection, { log: new RecordedLog() });
    return connection.database;
  };
  const createDatabase = async (): Promise<DatabaseConnection> => create(await (template ??= migrated()));
  return {
    server,
    createDatabase,
    createEmptyDatabase: () => create(),
    openDataSource: async ({ connection, entities = [], settings = {} } = {}) => {
      const options = dataSourceOptions(
        connection ?? (await createDatabase()),
        { ...readSettings({}), ...settings },
        new RecordedLog(),
      );
      const dataSource = await new DataSource({ ...options, entities }).initialize();
      opened.push(dataSource);
      return dataSource;
    },
    stop: async () => {
      await Promise.all(opened.filter((each) => each.isInitialized).map((each) => each.destroy()));
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A folder that every account can enter. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmward-'));
  await chmod(folder, 0o755);
  return folder;
}

/** One statement on a connection of its own. */
export async function query<Row>(connection: DatabaseConnection, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({ ...toPgConfig(connection), connectionTimeoutMillis: 15_000 });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows as Row[];
  } finally {
    await client.end();
  }
}

function textOf(message: unknown): string {
  return typeof message === 'object' && message !== null && 'message' in message
    ? String(message.message)
    : String(message);
}
