import type { DataSource } from 'typeorm';

/** What TypeORM would change to make the database fit the entities of the data source: empty when migrations and entities agree. */
export async function schemaDrift(dataSource: DataSource): Promise<string[]> {
  const changes = await dataSource.driver.createSchemaBuilder().log();
  return changes.upQueries.map(({ query }) => query);
}
