import { Client, DatabaseError } from 'pg';
import type { MixedList } from 'typeorm';
import { migrations as ownMigrations } from '../../../migrations/all-migrations.js';
import { type DatabaseConnection, describeConnection } from './connection.js';
import { toPgConfig } from './pg-config.driver.js';
import { pendingMigrations } from './pending-migrations.js';
import type { PlainLog } from './plain-log.js';

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type for a list of classes
type MigrationClass = Extract<MixedList<Function>, readonly unknown[]>[number];

export interface RunMigrationsOptions {
  log: PlainLog;
  /** Further steps under the same lock after ours, such as the queue's own schema. They run at every start: keep them idempotent and quick. */
  extraSteps?: ((client: Client) => Promise<void>)[];
  /** Other than those of `migrations/`, for tests. */
  migrations?: readonly MigrationClass[];
  lockTimeoutMs?: number;
}

const LOCK = 'swarmward:migrations';
const LOCK_TIMEOUT_MS = 600_000;
const FIRST_LOCK_WAIT_MS = 1_000;
const LOCK_WAIT_MS = 5_000;

/**
 * Brings the database up to this version. Of several processes that start at once one migrates, the others wait for it.
 * Costs a few milliseconds when there is nothing to do.
 * @returns the names of the migrations that ran here
 * @throws when a migration fails (it is rolled back, those before it stay), or when another process holds the lock for 10 minutes
 */
export async function runMigrations(
  connection: DatabaseConnection,
  { log, extraSteps = [], migrations = ownMigrations, lockTimeoutMs = LOCK_TIMEOUT_MS }: RunMigrationsOptions,
): Promise<string[]> {
  const client = new Client({
    ...toPgConfig(connection),
    connectionTimeoutMillis: 10_000,
    application_name: 'swarmward migrations',
  });
  // Reported by the query that it breaks.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await lock(client, lockTimeoutMs, log);
    const { pending, unknown } = pendingMigrations(
      await applied(client),
      migrations.map((each) => each.name),
    );
    if (unknown.length > 0) {
      log.warn(`The database was migrated by a newer version of Swarmward before (${unknown.join(', ')}).`);
    }
    if (pending.length > 0) {
      const began = Date.now();
      await migrate(connection, migrations);
      log.log(`Migrated the database: ${pending.length} new, in ${Date.now() - began} ms.`);
    }
    for (const step of extraSteps) await step(client);
    return pending;
  } finally {
    // Ends the session and with it the lock.
    await client.end();
  }

  async function lock(holder: Client, timeoutMs: number, to: PlainLog): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (let waitMs = Math.min(FIRST_LOCK_WAIT_MS, timeoutMs); ; waitMs = LOCK_WAIT_MS) {
      try {
        await holder.query(`SET lock_timeout = ${waitMs}`);
        await holder.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [LOCK]);
        await holder.query('RESET lock_timeout');
        return;
      } catch (error) {
        if (!(error instanceof DatabaseError) || error.code !== '55P03') throw error;
        if (Date.now() >= deadline) {
          throw new Error(
            `Another process has been migrating the database ${describeConnection(connection)} for ${Math.round(timeoutMs / 1000)} s. ` +
              `If none does, look for a session named "swarmward migrations" in pg_stat_activity.`,
            { cause: error },
          );
        }
        if (waitMs !== LOCK_WAIT_MS) to.log('Another process migrates the database; waiting for it.');
      }
    }
  }
}

async function applied(client: Client): Promise<string[]> {
  try {
    const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations');
    return rows.map((row) => row.name);
  } catch (error) {
    // undefined_table: a new database.
    if (error instanceof DatabaseError && error.code === '42P01') return [];
    throw error;
  }
}

async function migrate(connection: DatabaseConnection, migrations: readonly MigrationClass[]): Promise<void> {
  const { migrationDataSource } = await import('./migration-data-source.driver.js');
  const dataSource = migrationDataSource(connection, { migrations: [...migrations] });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}
