import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseConnection } from './connection.js';
import { toPgConfig } from './pg-config.driver.js';
import { QueryLog } from './query-log.driver.js';

/** A data source for schema changes: no time limit on statements, two connections, `each` migration in a transaction of its own. */
export function migrationDataSource(
  connection: DatabaseConnection,
  { migrations = [], entities = [] }: Pick<DataSourceOptions, 'migrations' | 'entities'>,
): DataSource {
  return new DataSource({
    type: 'postgres',
    installExtensions: false,
    uuidExtension: 'pgcrypto',
    // Failures are thrown, and `runMigrations` reports the rest.
    logger: new QueryLog({ warn: () => undefined }),
    migrations,
    entities,
    migrationsTransactionMode: 'each',
    poolSize: 2,
    connectTimeoutMS: 10_000,
    applicationName: 'swarmward migrations',
    extra: toPgConfig(connection),
  });
}
