import type { DataSource } from 'typeorm';
import type { Page } from '../http/envelope.js';
import type { ListQuery } from '../http/list-query.js';
import { listStatements, pageOfRows, type SqlList } from '../http/list-sql.js';
import { ProblemException } from '../http/problem.js';

/**
 * One page of a table.
 * @throws ProblemException `invalid_cursor` also when PostgreSQL cannot read what a forged cursor holds
 */
export async function listRows<R extends { _at: string; _id: string }, F extends object, S extends string>(
  database: DataSource,
  list: SqlList<S>,
  query: ListQuery<F, S>,
  present: (row: R) => unknown,
): Promise<Page<unknown>> {
  const { rows, total } = listStatements(list, query);
  try {
    const [found, [counted]] = await Promise.all([
      database.query<R[]>(rows.text, rows.values),
      database.query<[{ total: number }]>(total.text, total.values),
    ]);
    return pageOfRows(found, counted.total, query, present);
  } catch (error) {
    if (query.cursor !== undefined && isDataException(error))
      throw new ProblemException('invalid_cursor', { cause: error });
    throw error;
  }
}

/** SQLSTATE class 22: a value that its type cannot hold. */
function isDataException(error: unknown): boolean {
  const { driverError } = error as { driverError?: { code?: unknown } };
  return String(driverError?.code).startsWith('22');
}
