import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AdvisoryLock } from '../../platform/database/advisory-lock.store.js';
import { DiskSpace } from './disk-space.port.js';
import type { PartitionedTable } from './partition-calendar.js';
import { dropPartition, type StoredPartition, storedPartitions } from './partition-drop.store.js';
import { blockedBy, HOURLY_KEPT_DAYS, isExpired, type RollupFacts } from './retention-rule.js';
import { type RunStatement, withUpkeepSession } from './upkeep-session.store.js';

const LEASE = { leaseMs: 30_000 };
/** How long a transaction that uses a table may hold up the clean-up. */
const LIMITS = { statementMs: 10_000, lockMs: 2_000 };
/** Below this much free disk, history that is past its time goes even before it is rolled up. */
const FULL_UNDER_PERCENT = 5;
const EVENTS_BATCH = 5_000;

export interface CleanUp {
  dropped: string[];
  /** Past their time and still there; `busy` ones only because somebody used the table. */
  kept: { partition: string; reason: string; busy: boolean }[];
  freed_bytes: number;
  events_removed: number;
}

const NOTHING: CleanUp = { dropped: [], kept: [], freed_bytes: 0, events_removed: 0 };

/** Drops history past its retention, in whole partitions. */
@Injectable()
export class Retention {
  private readonly log = new Logger('Retention');

  constructor(
    private readonly database: DataSource,
    private readonly lock: AdvisoryLock,
    private readonly disk: DiskSpace,
  ) {}

  /**
   * What is gone is gone, so no clock is trusted alone: of those of this process and of PostgreSQL the earlier one counts, and nothing
   * goes when that would be all of the single results: then it is rather the time that is wrong.
   * @param pingDays how many days of single results stay; whole UTC days go, so it is up to one more
   */
  async cleanUp(clock: Date, pingDays: number, signal?: AbortSignal): Promise<CleanUp> {
    const result = await this.lock.tryWithLock('swarmward:history-cleanup', LEASE, () =>
      withUpkeepSession(this.database, LIMITS, async (run) => {
        const { now, isCredible } = await timeOf(run, clock, pingDays);
        if (!isCredible && !(await this.mustGoUnseen(now))) return NOTHING;
        const done = await this.dropExpired(run, now, pingDays, signal);
        return { ...done, events_removed: await removeEvents(run, now, signal) };
      }),
    );
    return result.acquired ? result.value : NOTHING;
  }

  private async dropExpired(run: RunStatement, now: Date, pingDays: number, signal?: AbortSignal) {
    const result: Omit<CleanUp, 'events_removed'> = { dropped: [], kept: [], freed_bytes: 0 };
    const expired = (await storedPartitions(run)).filter((each) => isExpired(each, now, pingDays));
    const rollups = await rollupFacts(run);
    const busy = new Map<PartitionedTable, string>();
    for (const partition of expired) {
      signal?.throwIfAborted();
      const keep = (reason: string, isBusy: boolean): void =>
        void result.kept.push({ partition: partition.name, reason, busy: isBusy });
      const busyWith = busy.get(partition.table);
      const blocked = partition.condition === 'attached' ? blockedBy(partition, rollups) : null;
      if (busyWith) keep(busyWith, true);
      else if (blocked && !(await this.mustGoAllTheSame(partition, blocked))) keep(blocked, false);
      else {
        const failure = await this.drop(run, partition);
        if (failure) {
          busy.set(partition.table, failure);
          keep(failure, true);
        } else {
          result.dropped.push(partition.name);
          result.freed_bytes += partition.bytes;
        }
      }
    }
    return result;
  }

  /** A full disk is a reason why nothing was recorded for so long, and cleaning up is what ends it. */
  private async mustGoUnseen(now: Date): Promise<boolean> {
    if (await this.isFull('cleaning up although every result is past the retention')) return true;
    this.log.error(
      `Nothing is cleaned up: it should be ${now.toISOString()}, and every result would be past the retention. ` +
        'Look at the clocks, and whether devices are probed.',
    );
    return false;
  }

  private mustGoAllTheSame({ name }: StoredPartition, blocked: string): Promise<boolean> {
    return this.isFull(`dropping ${name} although ${blocked}`);
  }

  /** @param consequence is logged when it is */
  private async isFull(consequence: string): Promise<boolean> {
    const free = await this.disk.freePercent();
    if (free === null || free >= FULL_UNDER_PERCENT) return false;
    this.log.error(`The disk is full (${free.toFixed(1)} % free): ${consequence}.`);
    return true;
  }

  /** @returns why it could not be dropped now */
  private async drop(run: RunStatement, partition: StoredPartition): Promise<string | null> {
    try {
      await dropPartition(run, partition);
      return null;
    } catch (error) {
      // lock_not_available, query_canceled.
      if (!['55P03', '57014'].includes((error as { code?: string }).code ?? '')) throw error;
      return `a transaction has been using ${partition.table} for longer than ${LIMITS.lockMs} ms`;
    }
  }
}

/** The earlier of both clocks, and whether the results that are stored bear it out. Where there are none, there is none to lose either. */
async function timeOf(run: RunStatement, clock: Date, pingDays: number): Promise<{ now: Date; isCredible: boolean }> {
  const stored = (since: string): string =>
    ['ping_results', 'snmp_results'].map((table) => `EXISTS (SELECT FROM ${table} ${since})`).join(' OR ');
  const [row] = await run<{ now: Date; is_credible: boolean }>(
    `SELECT least($1, now()) AS now,
            ${stored(`WHERE ts >= least($1, now()) - make_interval(days => $2)`)} OR NOT (${stored('')}) AS is_credible`,
    [clock, pingDays],
  );
  return { now: row!.now, isCredible: row!.is_credible };
}

async function rollupFacts(run: RunStatement): Promise<RollupFacts> {
  const [row] = await run<{ done: Date | null; dirty: Date[] }>(
    `SELECT CASE WHEN count(*) = 2 THEN min(done_until) END AS done,
            ARRAY (SELECT DISTINCT date_trunc('day', bucket, 'UTC') FROM
              (SELECT bucket FROM rollup_dirty UNION ALL SELECT bucket FROM rollup_redo) AS b) AS dirty
     FROM rollup_progress WHERE name IN ('ping_5m', 'ping_1h')`,
  );
  return { doneUntil: row?.done ?? null, dirty: row?.dirty ?? [] };
}

/** The last event before the cut stays: it says in which state the time after it begins. Of a device that is gone nothing stays. */
async function removeEvents(run: RunStatement, now: Date, signal?: AbortSignal): Promise<number> {
  const cut = new Date(now.getTime() - HOURLY_KEPT_DAYS * 86_400_000);
  let removed = 0;
  for (let batch = EVENTS_BATCH; batch === EVENTS_BATCH; removed += batch) {
    signal?.throwIfAborted();
    const [row] = await run<{ gone: number }>(
      `WITH gone AS (
         DELETE FROM state_events WHERE id IN (
           SELECT e.id FROM state_events e
           WHERE e.at < $1 AND (NOT EXISTS (SELECT FROM devices WHERE num = e.device_num) OR EXISTS (
             SELECT FROM state_events n WHERE n.device_num = e.device_num AND n.at <= $1 AND (n.at, n.id) > (e.at, e.id)))
           ORDER BY e.at LIMIT ${EVENTS_BATCH})
         RETURNING 1)
       SELECT count(*)::int AS gone FROM gone`,
      [cut],
    );
    batch = row?.gone ?? 0;
  }
  return removed;
}
