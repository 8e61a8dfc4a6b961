import type { Client } from 'pg';
import type { DataSource } from 'typeorm';

/** Runs one statement in a session that stays the same from call to call. */
export type RunStatement = <Row = unknown>(sql: string, values?: unknown[]) => Promise<Row[]>;

/** Time limits of a session: of one statement, and of waiting for one lock. */
export interface SessionLimits {
  statementMs: number;
  lockMs: number;
}

/** Beyond the server's own limit: for a server that does not answer at all. */
const GRACE_MS = 5_000;

/** Statements of a client of `pg` itself. */
export function statementsOf(client: Client, queryTimeoutMs?: number): RunStatement {
  return async <Row>(text: string, values: unknown[] = []) => {
    const config = { text, values, ...(queryTimeoutMs && { query_timeout: queryTimeoutMs }) };
    return (await client.query(config)).rows as Row[];
  };
}

/**
 * Borrows a connection of the pool for upkeep, with limits of its own: what readers may wait for and what upkeep takes are different.
 * The connection goes back as it came; a transaction that `work` left open is rolled back.
 */
export async function withUpkeepSession<T>(
  database: DataSource,
  { statementMs, lockMs }: SessionLimits,
  work: (run: RunStatement) => Promise<T>,
): Promise<T> {
  const runner = database.createQueryRunner();
  const client = (await runner.connect()) as Client;
  const run = statementsOf(client, statementMs + GRACE_MS);
  try {
    await run(`SET statement_timeout = ${statementMs}`);
    await run(`SET lock_timeout = ${lockMs}`);
    return await work(run);
  } finally {
    await giveBack(client, run);
    await runner.release();
  }
}

/** Runs `work` in a transaction of the session. */
export async function inTransaction<T>(run: RunStatement, work: () => Promise<T>): Promise<T> {
  await run('BEGIN');
  try {
    const result = await work();
    await run('COMMIT');
    return result;
  } catch (error) {
    // A connection that broke has rolled back already, and says so itself.
    await run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function giveBack(client: Client, run: RunStatement): Promise<void> {
  try {
    await run('RESET statement_timeout');
    await run('RESET lock_timeout');
  } catch {
    // It keeps limits that are not the pool's: nobody shall have it.
    client.end().catch(() => undefined);
  }
}
