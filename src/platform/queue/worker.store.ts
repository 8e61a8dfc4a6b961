import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { QueueName } from '../config/settings.schema.js';

/** One process that takes jobs. */
export interface RegisteredWorker {
  id: string;
  /** The role of its process: `worker`, `all`, or `scheduler`, which takes no jobs. */
  kind: string;
  host: string;
  pid: number;
  queues: QueueName[];
  /** Jobs it can run at once, over all its queues: jobs per queue × queues. */
  concurrency: number;
  version: string;
  startedAt: Date;
}

export interface LiveWorker extends RegisteredWorker {
  lastSeenAt: Date;
}

/** How this process registers. The random part tells it from a predecessor with the same process id. */
export function newRegistration(
  kind: string,
  version: string,
  takes: Pick<RegisteredWorker, 'queues' | 'concurrency'>,
): RegisteredWorker {
  const host = hostname();
  const id = `${host}-${process.pid}-${randomBytes(4).toString('hex')}`;
  return { id, kind, host, pid: process.pid, ...takes, version, startedAt: new Date() };
}

/** The table `workers`. Times are the database's, so that clocks of several hosts need not agree. */
@Injectable()
export class WorkerStore {
  constructor(private readonly database: DataSource) {}

  /** Registers a worker, or notes that it is still there. */
  async beat(worker: RegisteredWorker): Promise<void> {
    const { id, kind, host, pid, queues, concurrency, version, startedAt } = worker;
    await this.database.query(
      `insert into workers (id, kind, host, pid, queues, concurrency, version, started_at, last_seen_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, now())
       on conflict (id) do update set last_seen_at = now(), queues = excluded.queues, concurrency = excluded.concurrency`,
      [id, kind, host, pid, queues, concurrency, version, startedAt],
    );
  }

  /** For an installation whose database only one process can use: whoever is registered besides it is dead. */
  async removeAll(): Promise<void> {
    await this.database.query('delete from workers');
  }

  async remove(id: string): Promise<void> {
    await this.database.query('delete from workers where id = $1', [id]);
  }

  /** Workers seen within `seconds`, the oldest first. */
  async seenWithin(seconds: number): Promise<LiveWorker[]> {
    return this.database.query(
      `select id, kind, host, pid, queues, concurrency, version, started_at as "startedAt", last_seen_at as "lastSeenAt"
       from workers where last_seen_at > now() - make_interval(secs => $1) order by started_at, id`,
      [seconds],
    );
  }

  /** Forgets workers not seen for `seconds`. Returns how many. */
  async prune(seconds: number): Promise<number> {
    const [row]: { gone: string }[] = await this.database.query(
      `with gone as (delete from workers where last_seen_at < now() - make_interval(secs => $1) returning 1)
       select count(*) as gone from gone`,
      [seconds],
    );
    return Number(row?.gone ?? 0);
  }
}
