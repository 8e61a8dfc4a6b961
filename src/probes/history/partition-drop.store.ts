import { type Partition, PARTITIONED_TABLES, partitionNamed } from './partition-calendar.js';
import type { RunStatement } from './upkeep-session.store.js';

/** A partition as it is found: what a clean-up that was cut off left over is half detached, or detached and not dropped. */
export interface StoredPartition extends Partition {
  condition: 'attached' | 'detaching' | 'detached';
  bytes: number;
}

/** Ours, oldest first; tables of other names are nobody's business. */
export async function storedPartitions(run: RunStatement): Promise<StoredPartition[]> {
  const rows = await run<{ name: string; condition: StoredPartition['condition']; bytes: string }>(
    `SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes,
            CASE WHEN i.inhrelid IS NULL THEN 'detached' WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END AS condition
     FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
     WHERE c.relkind = 'r' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'ping_results'::regclass)
       AND c.relname ~ ('^(' || array_to_string($1::text[], '|') || ')_[0-9]+$')`,
    [PARTITIONED_TABLES],
  );
  return rows
    .flatMap(({ name, condition, bytes }) => {
      const partition = partitionNamed(name);
      return partition ? [{ ...partition, condition, bytes: Number(bytes) }] : [];
    })
    .sort((a, b) => a.to.getTime() - b.to.getTime());
}

/**
 * Takes a partition away without holding up anybody: detaching waits for the transactions that use the table, but new ones do not wait
 * for it; dropping what nobody can reach waits for nobody.
 * @throws lock_not_available (55P03) or query_canceled (57014) within the limits of the session: nothing is lost, and what was begun
 *   goes on with the next call
 */
export async function dropPartition(run: RunStatement, { table, name, condition }: StoredPartition): Promise<void> {
  if (condition === 'attached') await run(`ALTER TABLE ${table} DETACH PARTITION ${name} CONCURRENTLY`);
  if (condition === 'detaching') await run(`ALTER TABLE ${table} DETACH PARTITION ${name} FINALIZE`);
  await run(`DROP TABLE IF EXISTS ${name}`);
}
