import type { LoggerService } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import type { Settings } from '../config/settings.schema.js';
import type { DatabaseConnection } from './connection.js';
import { toPgConfig } from './pg-config.driver.js';
import { QueryLog } from './query-log.driver.js';

export type DatabaseSettings = Pick<
  Settings,
  'role' | 'databasePoolSize' | 'databasePoolTimeoutMs' | 'databaseStatementTimeoutMs' | 'slowQueryMs'
>;

/** A lock is waited for no longer than this, or one forgotten transaction would hold up everything. */
const MAX_LOCK_WAIT_MS = 10_000;
const IDLE_IN_TRANSACTION_MS = 60_000;
/** What the server's own limit may take longer than ours to be noticed when it does not answer at all. */
const GRACE_MS = 5_000;

/** The application's data source: a bounded pool, a time limit on everything that waits, the slow-query log. */
export function dataSourceOptions(
  connection: DatabaseConnection,
  settings: DatabaseSettings,
  log: Pick<LoggerService, 'warn'>,
): DataSourceOptions {
  const { databaseStatementTimeoutMs: statementMs } = settings;
  return {
    type: 'postgres',
    installExtensions: false,
    uuidExtension: 'pgcrypto',
    logger: new QueryLog(log),
    maxQueryExecutionTime: settings.slowQueryMs,
    poolSize: settings.databasePoolSize,
    // For `pg` one limit for both: waiting for a free connection and making a new one.
    connectTimeoutMS: settings.databasePoolTimeoutMs,
    applicationName: `swarmward ${settings.role}`,
    extra: {
      ...toPgConfig(connection),
      statement_timeout: statementMs,
      lock_timeout: Math.min(statementMs, MAX_LOCK_WAIT_MS),
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      query_timeout: statementMs + GRACE_MS,
    },
  };
}
