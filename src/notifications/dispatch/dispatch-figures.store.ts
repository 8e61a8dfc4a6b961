import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** How telling goes, for the whole installation. */
export interface DispatchFigures {
  /** Deliveries that were given up within a day and not retried by hand since. Tests do not count: who asked for one looks at it. */
  deadLetters: number;
  /** Transitions that nobody has looked at, and for how long the oldest has waited; null when there is none. */
  outboxWaiting: number;
  outboxOldestSeconds: number | null;
  /** Deliveries that are neither delivered nor given up. */
  waiting: number;
  retrying: number;
  /** For how long the delivery that is overdue most has been; null when none is. */
  overdueSeconds: number | null;
  /** Channels that may be told something, and those of them that are told by default. */
  channels: number;
  defaultChannels: number;
  /** Routes that name a channel. */
  routes: number;
}

/** Reads them. One statement. */
@Injectable()
export class DispatchFiguresStore {
  constructor(private readonly database: DataSource) {}

  async read(): Promise<DispatchFigures> {
    const [figures] = await this.database.query<[DispatchFigures]>(
      `SELECT
         (SELECT count(*)::int FROM deliveries WHERE state = 'failed' AND kind <> 'test' AND finished_at > now() - interval '1 day') AS "deadLetters",
         o.waiting AS "outboxWaiting", o.oldest AS "outboxOldestSeconds", d.waiting, d.retrying, d.overdue AS "overdueSeconds",
         c.channels, c.defaults AS "defaultChannels",
         (SELECT count(*)::int FROM notification_routes WHERE enabled AND cardinality(channel_ids) > 0) AS routes
       FROM (SELECT count(*)::int AS waiting, extract(epoch FROM now() - min(created_at))::float8 AS oldest
             FROM alert_outbox WHERE taken_at IS NULL) o,
            (SELECT (count(*) FILTER (WHERE state = 'waiting'))::int AS waiting, (count(*) FILTER (WHERE state <> 'waiting'))::int AS retrying,
                    extract(epoch FROM now() - min(next_attempt_at) FILTER (WHERE next_attempt_at < now()
                      AND channel_id IN (SELECT id FROM channels WHERE enabled)))::float8 AS overdue
             FROM deliveries WHERE state IN ('waiting', 'sending', 'retrying')) d,
            (SELECT count(*)::int AS channels, (count(*) FILTER (WHERE is_default))::int AS defaults FROM channels WHERE enabled) c`,
    );
    return figures;
  }
}
