import 'reflect-metadata';
import { parseArgs } from 'node:util';
import type { DatabaseConnection } from '../platform/database/connection.js';
import { connectionProblem } from '../platform/database/connection-problem.js';
import { migrationDataSource } from '../platform/database/migration-data-source.driver.js';
import { readSettings, SettingsError } from '../platform/config/read-settings.js';
import { ApiToken } from '../platform/security/api-token.entity.js';
import { AuditEntry } from '../platform/security/audit-entry.entity.js';
import { createToken } from '../platform/security/first-admin-token.store.js';
import { createTokenBody, type CreateTokenBody } from '../platform/security/tokens.dto.js';
import { ConsoleError, START_FIRST, tell, withDatabase } from './with-database.client.js';

const USAGE = 'Usage: npm run token:create -- --name NAME --role admin|operator|viewer';

/** `npm run token:create`: makes an API token from the console, whether the product runs or not, and shows it once. */
async function main(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2));
  const token = await withDatabase(readSettings(process.env), ({ connection }) => create(connection, wanted));
  process.stdout.write(`\n  Token ${wanted.name} (${wanted.role}), shown this once: ${token}\n\n`);
}

function readArguments(args: string[]): CreateTokenBody {
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({ args, options: { name: { type: 'string' }, role: { type: 'string' } } }));
  } catch (error) {
    throw new ConsoleError(`${(error as Error).message}\n${USAGE}`);
  }
  const checked = createTokenBody.safeParse({ name: values['name'] ?? '', role: values['role'] });
  if (checked.success) return checked.data;
  const wrong = new Set(checked.error.issues.map(({ path }) => path[0]));
  throw new ConsoleError(
    [
      ...(wrong.has('name') ? ['--name needs 1 to 100 characters: who or what uses the token.'] : []),
      ...(wrong.has('role') ? [`--role must be admin, operator or viewer.`] : []),
      USAGE,
    ].join('\n'),
  );
}

async function create(connection: DatabaseConnection, wanted: CreateTokenBody): Promise<string> {
  const dataSource = migrationDataSource(connection, { entities: [ApiToken, AuditEntry] });
  try {
    await dataSource.initialize();
    return await createToken(dataSource, { name: wanted.name, role: wanted.role });
  } catch (error) {
    if ((error as { code?: unknown }).code === UNDEFINED_TABLE) {
      throw new ConsoleError(`The database has no tables of Swarmward yet. ${START_FIRST}`);
    }
    throw new ConsoleError(`The token was not made: ${connectionProblem(error, connection)}`);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

const UNDEFINED_TABLE = '42P01';

main().catch((error: unknown) => {
  const known = ['ConsoleError', 'EmbeddedPostgresError', 'DatabaseUrlError'];
  const { name, message, stack } = error as Error;
  tell(error instanceof SettingsError || known.includes(name) ? message : (stack ?? String(error)));
  process.exitCode = 1;
});
