import type { DataSource } from 'typeorm';

/** How many callers wait for a connection of the pool of `pg` that TypeORM holds. */
export function waitingForConnection(database: DataSource): number {
  const { master } = database.driver as unknown as { master?: { waitingCount?: number } };
  return master?.waitingCount ?? 0;
}
