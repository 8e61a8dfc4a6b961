import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AdvisoryLock, type Lease } from '../../platform/database/advisory-lock.store.js';
import { attachedPartitions, createPartitions } from './create-partitions.store.js';
import { partitionAt } from './partition-calendar.js';
import { markDone, type RollupProgress, seal } from './rollup-progress.store.js';
import { bucketStart, resumeAt, type Slice, slicesOf } from './rollup-slices.js';
import { ROLLUPS, type RollupTable, rollupStatement } from './rollup-sql.js';
import { inTransaction, type RunStatement, withUpkeepSession } from './upkeep-session.store.js';

const LEASE = { leaseMs: 30_000 };
const LIMITS = { statementMs: 300_000, lockMs: 30_000 };
/** Hours of late results that one run adds up anew; what is left, the next run does. */
const REDONE_HOURS = 48;
const HOUR_MS = ROLLUPS.ping_1h.stepMs;
const TABLES = Object.keys(ROLLUPS) as RollupTable[];

export interface RollupRun {
  /** False when another process is at it. */
  ran: boolean;
  /** Slices of up to an hour that were added up, and hours that were added up anew because of late results. */
  slices: number;
  redone: number;
}

export interface RollupStatus {
  /** Null before the first run. */
  doneUntil: Record<RollupTable, Date | null>;
  /** Buckets that wait to be added up anew. */
  dirty: number;
}

/** Adds up single results to rollups, once a bucket is over, and anew when results come late. */
@Injectable()
export class Rollups {
  constructor(
    private readonly database: DataSource,
    private readonly lock: AdvisoryLock,
  ) {}

  /**
   * Adds up everything that is over at `now`. Idempotent: cut off anywhere, the next run goes on from the last whole slice.
   * @param signal stops between two slices
   */
  async run(now: Date, signal?: AbortSignal): Promise<RollupRun> {
    const result = await this.lock.tryWithLock('swarmward:rollups', LEASE, (lease) =>
      withUpkeepSession(this.database, LIMITS, async (run) => {
        const proceed = async (): Promise<void> => {
          signal?.throwIfAborted();
          await lease.assertHeld();
        };
        return { ran: true, ...(await addUp(run, now, proceed)) };
      }),
    );
    return result.acquired ? result.value : { ran: false, slices: 0, redone: 0 };
  }

  async status(): Promise<RollupStatus> {
    const [row]: { five: Date | null; hour: Date | null; dirty: number }[] = await this.database.query(
      `SELECT (SELECT done_until FROM rollup_progress WHERE name = 'ping_5m') AS five,
              (SELECT done_until FROM rollup_progress WHERE name = 'ping_1h') AS hour,
              (SELECT count(*)::int FROM (SELECT bucket FROM rollup_dirty UNION SELECT bucket FROM rollup_redo) AS b) AS dirty`,
    );
    return { doneUntil: { ping_5m: row?.five ?? null, ping_1h: row?.hour ?? null }, dirty: row?.dirty ?? 0 };
  }
}

type Proceed = () => ReturnType<Lease['assertHeld']>;

async function addUp(run: RunStatement, now: Date, proceed: Proceed): Promise<{ slices: number; redone: number }> {
  const progress = await seal(run, now);
  // A slice is sorted once; the pool's own limit would have that done on disk.
  await run(`SET work_mem = '64MB'`);
  try {
    let slices = 0;
    for (const table of TABLES) slices += await forward(run, table, progress[table], now, proceed);
    return { slices, redone: await redo(run, progress, proceed) };
  } finally {
    // Not on a connection that broke, and that nobody gets any more.
    await run('RESET work_mem').catch(() => undefined);
  }
}

async function forward(
  run: RunStatement,
  table: RollupTable,
  { doneUntil, sealedUntil }: RollupProgress,
  now: Date,
  proceed: Proceed,
): Promise<number> {
  let slices = 0;
  for (const slice of slicesOf(resumeAt(table, doneUntil, now), sealedUntil)) {
    await proceed();
    await createPartitions(run, [partitionAt(table, slice.from)]);
    await inTransaction(run, async () => {
      await compute(run, table, slice);
      await markDone(run, table, slice.to);
    });
    slices++;
  }
  return slices;
}

/** Late results, hour by hour: each with its marks in one transaction. */
async function redo(
  run: RunStatement,
  progress: Record<RollupTable, RollupProgress>,
  proceed: Proceed,
): Promise<number> {
  const hours = await run<{ first: Date; last: Date }>(
    `SELECT min(bucket) AS first, max(bucket) AS last FROM rollup_redo WHERE bucket < $1
     GROUP BY date_bin('1 hour', bucket, '2000-01-01T00:00:00Z'::timestamptz) ORDER BY 1 LIMIT ${REDONE_HOURS}`,
    [progress.ping_5m.sealedUntil],
  );
  for (const { first, last } of hours) {
    await proceed();
    const hour = bucketStart('ping_1h', first);
    const end = new Date(hour.getTime() + HOUR_MS);
    const attached = await attachedPartitions(run);
    // Results that are gone cannot be added up anew: what was made of them stays.
    const there = attached.has(partitionAt('ping_results', first).name);
    if (there)
      await createPartitions(
        run,
        TABLES.map((table) => partitionAt(table, first)),
      );
    await inTransaction(run, async () => {
      await run('DELETE FROM rollup_redo WHERE bucket >= $1 AND bucket <= $2', [first, last]);
      if (!there) return;
      await compute(run, 'ping_5m', { from: first, to: new Date(last.getTime() + ROLLUPS.ping_5m.stepMs) });
      if (end <= progress.ping_1h.sealedUntil) await compute(run, 'ping_1h', { from: hour, to: end });
    });
  }
  return hours.length;
}

async function compute(run: RunStatement, table: RollupTable, { from, to }: Slice): Promise<void> {
  await run(rollupStatement(table), [from, to]);
}
