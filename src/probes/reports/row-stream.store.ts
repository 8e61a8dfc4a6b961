import { Query, type QueryConfig } from 'pg';
import type { DataSource } from 'typeorm';

/** Rows that PostgreSQL is asked for at a time: what is in memory of a result, however long it is. */
const BATCH_ROWS = 1_000;

/** What of `pg`'s own query a portal that is read in parts needs, and its types leave out. */
interface QueryInside {
  _result: { rows: unknown[] };
  _getRows(connection: unknown, rows: number): void;
  callback: (error: Error | null) => void;
}

/** A query whose rows are fetched batch by batch, each when the one before was taken. */
class Portal extends Query {
  /** Called with each batch; `more` fetches the next one. */
  onBatch: (rows: unknown[], more: (() => void) | null) => void;
  onFailure: (error: Error) => void;

  constructor(text: string, values: unknown[]) {
    super({ text, values, rows: BATCH_ROWS } as QueryConfig);
    this.inside.callback = (error) => (error ? this.onFailure(error) : this.onBatch(this.take(), null));
  }

  handlePortalSuspended(connection: unknown): void {
    this.onBatch(this.take(), () => this.inside._getRows(connection, BATCH_ROWS));
  }

  private take(): unknown[] {
    const { rows } = this.inside._result;
    this.inside._result.rows = [];
    return rows;
  }

  private get inside(): QueryInside {
    return this as unknown as QueryInside;
  }
}

type Batch<R> = { rows: R[]; more: (() => void) | null };

/**
 * The rows of one statement in batches, so that a result of any length takes the memory of a batch. It holds a connection until the
 * last one is taken, and is cut by `SWARMWARD_DATABASE_STATEMENT_TIMEOUT_MS` like any other statement. Leaving the loop early ends the statement with its
 * connection.
 */
export async function* streamRows<R>(
  database: DataSource,
  { text, values }: { text: string; values: unknown[] },
): AsyncGenerator<R[], void, undefined> {
  const runner = database.createQueryRunner();
  const client = (await runner.connect()) as { query(query: Portal): unknown };
  const inside = runner as unknown as { releasePostgresConnection(error?: Error): Promise<void> };
  let ended = false;
  try {
    database.logger.logQuery(text, values, runner);
    const portal = new Portal(text, values);
    let next = nextBatch<R>(portal);
    client.query(portal);
    for (;;) {
      const { rows, more } = await next;
      ended = more === null;
      if (rows.length > 0) yield rows;
      if (!more) return;
      next = nextBatch<R>(portal);
      more();
    }
  } finally {
    await inside.releasePostgresConnection(ended ? undefined : new Error('The result was not read to its end'));
  }
}

function nextBatch<R>(portal: Portal): Promise<Batch<R>> {
  return new Promise((resolve, reject) => {
    portal.onBatch = (rows, more) => resolve({ rows: rows as R[], more });
    portal.onFailure = reject;
  });
}
