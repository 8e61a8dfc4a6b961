import { setTimeout as pause } from 'node:timers/promises';
import { PARTITION_KEY, PARTITIONED_TABLES, type Partition, partitionsWanted } from './partition-calendar.js';
import { inTransaction, type RunStatement } from './upkeep-session.store.js';

/** What a reader can be made to wait for: nothing here takes longer once it has its locks. */
const LOCK_TIMEOUT = '2s';
const TRIES = 5;
const PAUSE_MS = 200;

/** Names of the partitions that hold rows of their tables now. One that is being detached holds none any more. */
export async function attachedPartitions(run: RunStatement): Promise<Set<string>> {
  const rows = await run<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = ANY (SELECT to_regclass(t) FROM unnest($1::text[]) AS t) AND NOT i.inhdetachpending`,
    [PARTITIONED_TABLES],
  );
  return new Set(rows.map(({ name }) => name));
}

/**
 * Makes those of the partitions that are not there. Safe with several processes at once: one makes them, the others find them.
 * Each is made beside its table and then attached, which holds up neither readers nor writers.
 * @returns the names of the new ones
 */
export async function createPartitions(run: RunStatement, partitions: Partition[]): Promise<string[]> {
  const missing = async (): Promise<Partition[]> => {
    const attached = await attachedPartitions(run);
    return partitions.filter(({ name }) => !attached.has(name));
  };
  if ((await missing()).length === 0) return [];
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(run, async () => {
        await run(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
        await run(`SELECT pg_advisory_xact_lock(hashtextextended('swarmward:partitions', 0))`);
        const created = await missing();
        for (const partition of created) await create(run, partition);
        return created.map(({ name }) => name);
      });
    } catch (error) {
      // lock_not_available: somebody cleans up or analyzes.
      if ((error as { code?: string }).code !== '55P03' || attempt === TRIES) throw error;
      await pause(PAUSE_MS * 2 ** attempt);
    }
  }
}

/** The step of the migrations: no process runs without the partitions it writes to. */
export async function ensurePartitions(run: RunStatement, now: Date): Promise<string[]> {
  return createPartitions(run, partitionsWanted(now));
}

/** The CHECK says what the bounds will say, so that attaching reads no row; after that it is said twice. */
async function create(run: RunStatement, { table, name, from, to }: Partition): Promise<void> {
  const [bounds, key] = [[from.toISOString(), to.toISOString()] as const, PARTITION_KEY[table]];
  await finishDetaching(run, table, name);
  const [there] = await run<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [name]);
  if (!there?.there) {
    await run(
      `CREATE TABLE ${name} (LIKE ${table} INCLUDING ALL,
         CONSTRAINT ${name}_bounds CHECK (${key} >= '${bounds[0]}' AND ${key} < '${bounds[1]}'))`,
    );
  }
  await run(`ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${bounds[0]}') TO ('${bounds[1]}')`);
  await run(`ALTER TABLE ${name} DROP CONSTRAINT IF EXISTS ${name}_bounds`);
}

/** A clean-up that was cut off leaves a partition that belongs to nobody; it comes back whole rather than being lost. */
async function finishDetaching(run: RunStatement, table: string, name: string): Promise<void> {
  const pending = await run(
    'SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1) AND inhparent = to_regclass($2) AND inhdetachpending',
    [name, table],
  );
  if (pending.length > 0) await run(`ALTER TABLE ${table} DETACH PARTITION ${name} FINALIZE`);
}
