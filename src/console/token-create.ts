import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { type DatabaseConnection, parseDatabaseUrl } from '../platform/database/connection.js';
import { connectionProblem } from '../platform/database/connection-problem.js';
import { startEmbeddedPostgres } from '../platform/database/embedded/embedded-postgres.driver.js';
import { findInstallation } from '../platform/database/embedded/running-server.driver.js';
import { migrationDataSource } from '../platform/database/migration-data-source.driver.js';
import type { PlainLog } from '../platform/database/plain-log.js';
import { readSettings, SettingsError } from '../platform/config/read-settings.js';
import type { Settings } from '../platform/config/settings.schema.js';
import { ApiToken } from '../platform/security/api-token.entity.js';
import { AuditEntry } from '../platform/security/audit-entry.entity.js';
import { createToken } from '../platform/security/first-admin-token.store.js';
import { createTokenBody, type CreateTokenBody } from '../platform/security/tokens.dto.js';

const USAGE = 'Usage: npm run token:create -- --name NAME --role admin|operator|viewer';
const START_FIRST = 'Start Swarmward once (npm start): it prepares the database and shows a first admin token.';

/** A sentence for the person at the console is all there is to say. */
class TokenCreateError extends Error {
  override readonly name = 'TokenCreateError';
}

/** `npm run token:create`: makes an API token from the console, whether the product runs or not, and shows it once. */
async function main(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2));
  const token = await withDatabase(readSettings(process.env), (connection) => create(connection, wanted));
  process.stdout.write(`\n  Token ${wanted.name} (${wanted.role}), shown this once: ${token}\n\n`);
}

function readArguments(args: string[]): CreateTokenBody {
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({ args, options: { name: { type: 'string' }, role: { type: 'string' } } }));
  } catch (error) {
    throw new TokenCreateError(`${(error as Error).message}\n${USAGE}`);
  }
  const checked = createTokenBody.safeParse({ name: values['name'] ?? '', role: values['role'] });
  if (checked.success) return checked.data;
  const wrong = new Set(checked.error.issues.map(({ path }) => path[0]));
  throw new TokenCreateError(
    [
      ...(wrong.has('name') ? ['--name needs 1 to 100 characters: who or what uses the token.'] : []),
      ...(wrong.has('role') ? [`--role must be admin, operator or viewer.`] : []),
      USAGE,
    ].join('\n'),
  );
}

/** On `DATABASE_URL`; else on the server of the product that runs; else on one that is started for the moment. */
async function withDatabase<T>(
  { databaseUrl, dataDir }: Settings,
  work: (connection: DatabaseConnection) => Promise<T>,
): Promise<T> {
  if (databaseUrl) return work(parseDatabaseUrl(databaseUrl));
  const found = await findInstallation(dataDir);
  if (!found) throw new TokenCreateError(`There is no data in ${dataDir ?? './data'} yet. ${START_FIRST}`);
  if (found.connection) return work(found.connection);
  const server = await startEmbeddedPostgres({ dataDir: found.dataDir, log: WARNINGS_ONLY });
  try {
    return await work(server.connection);
  } finally {
    await server.stop();
  }
}

const tell = (message: string): void => void process.stderr.write(`${message}\n`);
const WARNINGS_ONLY: PlainLog = { log: () => undefined, warn: tell, error: tell };

async function create(connection: DatabaseConnection, wanted: CreateTokenBody): Promise<string> {
  const dataSource = migrationDataSource(connection, { entities: [ApiToken, AuditEntry] });
  try {
    await dataSource.initialize();
    return await createToken(dataSource, { name: wanted.name, role: wanted.role });
  } catch (error) {
    if ((error as { code?: unknown }).code === UNDEFINED_TABLE) {
      throw new TokenCreateError(`The database has no tables of Swarmward yet. ${START_FIRST}`);
    }
    throw new TokenCreateError(`The token was not made: ${connectionProblem(error, connection)}`);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

const UNDEFINED_TABLE = '42P01';

main().catch((error: unknown) => {
  const known = ['TokenCreateError', 'EmbeddedPostgresError', 'DatabaseUrlError'];
  const { name, message, stack } = error as Error;
  tell(error instanceof SettingsError || known.includes(name) ? message : (stack ?? String(error)));
  process.exitCode = 1;
});
