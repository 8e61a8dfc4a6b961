import { join } from 'node:path';
import type { Settings } from '../platform/config/settings.schema.js';
import { type DatabaseConnection, parseDatabaseUrl } from '../platform/database/connection.js';
import { startEmbeddedPostgres } from '../platform/database/embedded/embedded-postgres.driver.js';
import { findInstallation } from '../platform/database/embedded/running-server.driver.js';
import type { PlainLog } from '../platform/database/plain-log.js';
import { KEY_FILE } from '../platform/security/secret-key-file.driver.js';

/** A sentence for the person at the console is all there is to say. */
export class ConsoleError extends Error {
  override readonly name = 'ConsoleError';
}

export const START_FIRST = 'Start Swarmward once (npm start): it prepares the database and shows a first admin token.';

/** The product's database, and where its generated key lies (null with DATABASE_URL). */
export interface OpenedDatabase {
  connection: DatabaseConnection;
  keyFile: string | null;
}

/**
 * Runs work on `DATABASE_URL`; else on the server of the product that runs; else on one that is started for the moment.
 * @throws ConsoleError when there is no installation yet
 */
export async function withDatabase<T>(
  { databaseUrl, dataDir }: Pick<Settings, 'databaseUrl' | 'dataDir'>,
  work: (database: OpenedDatabase) => Promise<T>,
): Promise<T> {
  if (databaseUrl) return work({ connection: parseDatabaseUrl(databaseUrl), keyFile: null });
  const found = await findInstallation(dataDir);
  if (!found) throw new ConsoleError(`There is no data in ${dataDir ?? './data'} yet. ${START_FIRST}`);
  const keyFile = join(found.dataDir, KEY_FILE);
  if (found.connection) return work({ connection: found.connection, keyFile });
  const server = await startEmbeddedPostgres({ dataDir: found.dataDir, log: WARNINGS_ONLY });
  try {
    return await work({ connection: server.connection, keyFile });
  } finally {
    await server.stop();
  }
}

export const tell = (message: string): void => void process.stderr.write(`${message}\n`);
export const WARNINGS_ONLY: PlainLog = { log: () => undefined, warn: tell, error: tell };
