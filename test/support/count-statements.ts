import { DataSource, type Logger } from 'typeorm';

/** The statements that `work` sends through TypeORM, in order; transaction control included. */
export async function recordStatements(dataSource: DataSource, work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const original = dataSource.logger;
  const recording: Logger = {
    logQuery: (query) => statements.push(query),
    logQueryError: (error, query, parameters, runner) => original.logQueryError(error, query, parameters, runner),
    logQuerySlow: (time, query, parameters, runner) => original.logQuerySlow(time, query, parameters, runner),
    logSchemaBuild: (message, runner) => original.logSchemaBuild(message, runner),
    logMigration: (message, runner) => original.logMigration(message, runner),
    log: (level, message, runner) => original.log(level, message, runner),
  };
  dataSource.logger = recording;
  try {
    await work();
  } finally {
    dataSource.logger = original;
  }
  return statements;
}

/** How many statements `work` sends; transaction control is left out, and what is asked and written of tokens now and then. */
export async function countStatements(dataSource: DataSource, work: () => Promise<unknown>): Promise<number> {
  const statements = await recordStatements(dataSource, work);
  return statements.filter(
    (statement) => !/^(START TRANSACTION|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)|\bapi_tokens\b/i.test(statement),
  ).length;
}
