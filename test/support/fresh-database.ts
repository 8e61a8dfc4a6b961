import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { startTestPostgres, type TestPostgres } from './postgres.js';

/**
 * Hooks of a `describe`: one PostgreSQL for all of its tests, and a fresh database for each. Nothing is logged, and mocks
 * end with their test.
 */
export function eachOnFreshDatabase(begin: (database: DataSource, postgres: TestPostgres) => void): void {
  let postgres: TestPostgres;
  let database: DataSource;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = await startTestPostgres();
  });
  beforeEach(async () => {
    database = await postgres.openDataSource();
    begin(database, postgres);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await database.destroy();
  });
  afterAll(() => postgres?.stop(), 60_000);
}
