import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { type DatabaseConnection, describeConnection } from './connection.js';
import { checkVersion, connectionProblem, DatabaseUnusableError } from './connection-problem.js';
import { toPgConfig } from './pg-config.driver.js';
import type { PlainLog } from './plain-log.js';

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5_000;
const REMIND_MS = 30_000;
const ATTEMPT_TIMEOUT_MS = 5_000;

/**
 * Waits for as long as it takes until the database can be written to, saying so once at the beginning, every 30 s, whenever the reason
 * changes, and at the end. A wrong password or a missing database are waited for as well: a person may mend them over there.
 * @throws the signal's reason when it is aborted, and DatabaseUnusableError for a PostgreSQL that is too old
 */
export async function waitForDatabase(
  connection: DatabaseConnection,
  { signal, log }: { signal?: AbortSignal; log: PlainLog },
): Promise<void> {
  const name = describeConnection(connection);
  const began = Date.now();
  let told: { problem: string; at: number } | undefined;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    signal?.throwIfAborted();
    const problem = await problemWith(connection);
    if (problem === undefined) break;
    if (problem !== told?.problem || Date.now() - told.at >= REMIND_MS) {
      const since = told ? ` for ${Math.round((Date.now() - began) / 1000)} s` : '';
      log.warn(`Waiting${since} for the database ${name}: ${problem}.`);
      told = { problem, at: Date.now() };
    }
    await pause(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
  if (told) log.log(`The database ${name} is there after ${Math.round((Date.now() - began) / 1000)} s.`);
}

async function problemWith(connection: DatabaseConnection): Promise<string | undefined> {
  let client: Client | undefined;
  try {
    client = new Client({
      ...toPgConfig(connection),
      connectionTimeoutMillis: ATTEMPT_TIMEOUT_MS,
      query_timeout: ATTEMPT_TIMEOUT_MS,
      application_name: 'swarmward start',
    });
    // A connection that breaks later makes the query fail, which is where it is dealt with.
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ version: string; replica: boolean }>(
      `SELECT current_setting('server_version_num') AS version, pg_is_in_recovery() AS replica`,
    );
    checkVersion(Number(rows[0]?.version), connection);
    return rows[0]?.replica ? connectionProblem({ code: '25006' }, connection) : undefined;
  } catch (error) {
    if (error instanceof DatabaseUnusableError) throw error;
    return connectionProblem(error, connection);
  } finally {
    // Not awaited: a server that hangs would not answer the farewell either.
    client?.end().catch(() => undefined);
  }
}
