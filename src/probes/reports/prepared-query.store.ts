import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';

/**
 * The rows of a statement without parameters that every connection plans once and keeps: for those few that are asked for all the
 * time, when planning takes as long as reading. There must be a bounded number of names, each for one text for ever.
 */
export async function queryPrepared<R>(database: DataSource, name: string, text: string): Promise<R[]> {
  const runner = database.createQueryRunner();
  const { logger, options } = database;
  const began = performance.now();
  try {
    const client = (await runner.connect()) as ClientBase;
    logger.logQuery(text, [], runner);
    return (await client.query({ name, text })).rows as R[];
  } catch (error) {
    logger.logQueryError(error as Error, text, [], runner);
    throw error;
  } finally {
    const took = Math.round(performance.now() - began);
    if (took > (options.maxQueryExecutionTime ?? Infinity)) logger.logQuerySlow(took, text, [], runner);
    await runner.release();
  }
}
