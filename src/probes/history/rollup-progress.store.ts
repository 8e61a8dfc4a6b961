import { type RollupTable } from './rollup-sql.js';
import { bucketStart } from './rollup-slices.js';
import { inTransaction, type RunStatement } from './upkeep-session.store.js';

/** How far one rollup is. Buckets before `sealedUntil` are closed to writers who say nothing; before `doneUntil` they are added up. */
export interface RollupProgress {
  sealedUntil: Date;
  doneUntil: Date;
}

/** As long as commits of cycles may take; nobody holds this lock for longer than one of them. */
const COMMIT_LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('probe-commit', 0))`;

/**
 * Closes the buckets that are over at `now`. Under the lock of the cycles' commits: a cycle is either in the tables by then, or it will
 * find the seal and mark its buckets. The marks are taken over in the same moment, because a writer that finds one leaves it
 * without holding it: computing before its rows are there and removing the mark afterwards would lose them.
 */
export async function seal(run: RunStatement, now: Date): Promise<Record<RollupTable, RollupProgress>> {
  const first = await firstBucket(run, now);
  return inTransaction(run, async () => {
    await run(COMMIT_LOCK);
    await run(
      `WITH taken AS (DELETE FROM rollup_dirty RETURNING bucket)
       INSERT INTO rollup_redo (bucket) SELECT bucket FROM taken ON CONFLICT DO NOTHING`,
    );
    return {
      ping_5m: await move(run, 'ping_5m', bucketStart('ping_5m', now), first),
      ping_1h: await move(run, 'ping_1h', bucketStart('ping_1h', now), first),
    };
  });
}

/** Says that everything before `until` is added up. Never goes back. */
export async function markDone(run: RunStatement, table: RollupTable, until: Date): Promise<void> {
  await run('UPDATE rollup_progress SET done_until = greatest(done_until, $2), updated_at = now() WHERE name = $1', [
    table,
    until,
  ]);
}

async function move(run: RunStatement, table: RollupTable, until: Date, first: Date): Promise<RollupProgress> {
  const [row] = await run<{ sealed_until: Date; done_until: Date }>(
    `INSERT INTO rollup_progress AS p (name, sealed_until, done_until) VALUES ($1, $2, least($2, $3::timestamptz))
     ON CONFLICT (name) DO UPDATE SET sealed_until = greatest(p.sealed_until, excluded.sealed_until), updated_at = now()
     RETURNING sealed_until, done_until`,
    [table, until, bucketStart(table, first)],
  );
  return { sealedUntil: row!.sealed_until, doneUntil: row!.done_until };
}

/** Where history begins, for the first run of all. */
async function firstBucket(run: RunStatement, now: Date): Promise<Date> {
  const known = await run('SELECT FROM rollup_progress HAVING count(*) = 2');
  if (known.length > 0) return now;
  const [row] = await run<{ first: Date | null }>(
    'SELECT least((SELECT min(ts) FROM ping_results), (SELECT min(at) FROM state_events)) AS first',
  );
  return row?.first ?? now;
}
