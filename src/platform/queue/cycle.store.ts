import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { CycleSlot } from './cycle-slot.js';

type Cycle = Pick<CycleSlot, 'kind' | 'shard' | 'dueAt'>;

/** It began too late, the one before was still running, or nobody ran it. */
export type MissReason = 'late' | 'overlap' | 'not_run';

/** Which turns of periodic work were done, and which were missed: the tables `cycles` and `cycle_misses`. */
@Injectable()
export class CycleStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Takes a turn, once and for all. Call it in the transaction that writes the turn's results and roll back (or write nothing) when
   * it is false: somebody else has written them. This holds also after the job and its id are long forgotten.
   *
   * @param manager of the transaction; without it the claim commits on its own
   */
  async claim({ kind, shard, dueAt }: Cycle, manager: EntityManager = this.database.manager): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      'insert into cycles (kind, shard, due_at, recorded_at) values ($1, $2, $3, now()) on conflict do nothing returning kind',
      [kind, shard, dueAt],
    );
    return rows.length === 1;
  }

  /** Notes that a turn was dropped; once, however often it is found, and not when it was done: then its job was only run again. */
  async recordMiss({ kind, shard, dueAt }: Cycle, reason: MissReason): Promise<void> {
    await this.database.query(
      `insert into cycle_misses (kind, shard, due_at, reason, at)
       select $1, $2, $3, $4, now() where not exists (select from cycles where kind = $1 and shard = $2 and due_at = $3)
       on conflict do nothing`,
      [kind, shard, dueAt, reason],
    );
  }

  /** How many turns of a kind were missed in the last `seconds`. */
  async missesWithin(kind: string, seconds: number): Promise<number> {
    const [row]: { misses: string }[] = await this.database.query(
      'select count(*) as misses from cycle_misses where kind = $1 and at > now() - make_interval(secs => $2)',
      [kind, seconds],
    );
    return Number(row?.misses ?? 0);
  }

  /** Forgets turns that were due, and misses that happened, more than `days` ago. Returns how many rows went. */
  async prune(days: number): Promise<number> {
    const [row]: { gone: string }[] = await this.database.query(
      `with done as (delete from cycles where due_at < now() - make_interval(days => $1) returning 1),
            missed as (delete from cycle_misses where at < now() - make_interval(days => $1) returning 1)
       select (select count(*) from done) + (select count(*) from missed) as gone`,
      [days],
    );
    return Number(row?.gone ?? 0);
  }
}
