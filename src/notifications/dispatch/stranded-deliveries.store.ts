import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Settings } from '../../platform/config/settings.schema.js';
import { LONGEST_RETRY_AFTER_MS } from '../policy/back-off.js';
import { lockMsOf } from './lock-time.js';

/** Clocks differ by less. */
const SLACK_MS = 5_000;
/** Mended in one turn, at most. */
const BATCH = 10_000;

/** Frees deliveries that nothing would ever, or for far too long, go on with. Each method is one statement. */
@Injectable()
export class StrandedDeliveries {
  private readonly lockMs: number;

  constructor(
    private readonly database: DataSource,
    settings: Settings,
  ) {
    this.lockMs = lockMsOf(settings);
  }

  /**
   * After the clock of the database was set back: what was written in its future counts from now on. What was to be tried again is, a lock
   * lasts no longer than a lock does. The end of quiet hours stays at its time of the day.
   * @returns how many were freed
   */
  async byClock(): Promise<number> {
    const [row] = await this.database.query<[{ count: number }]>(MEND, [
      SLACK_MS,
      this.lockMs,
      LONGEST_RETRY_AFTER_MS,
      BATCH,
    ]);
    return row.count;
  }

  /**
   * Of a sender that died: those of a channel that is switched off are not claimed any more. They wait for what becomes of their like.
   * @returns how many were freed
   */
  async bySender(): Promise<number> {
    const [row] = await this.database.query<[{ count: number }]>(
      `WITH lost AS (
         SELECT d.id FROM deliveries d LEFT JOIN channels c ON c.id = d.channel_id
         WHERE d.state = 'sending' AND d.next_attempt_at <= now() AND (c.id IS NULL OR (NOT c.enabled AND d.kind <> 'test'))
         ORDER BY d.num FOR UPDATE OF d SKIP LOCKED),
       logged AS (
         INSERT INTO delivery_attempts (delivery_id, number, at, duration_ms, outcome, error)
         SELECT d.id, d.attempts, coalesce(d.locked_until, now()) - $1::float8 * interval '1 ms', 0, 'unknown',
                'The process that sent it ended before it knew the outcome.'
         FROM lost JOIN deliveries d ON d.id = lost.id),
       freed AS (
         UPDATE deliveries SET state = 'retrying', uncertain = true, locked_until = NULL WHERE id IN (SELECT id FROM lost) RETURNING 1)
       SELECT count(*)::int AS count FROM freed`,
      [this.lockMs],
    );
    return row.count;
  }
}

// Bounds are spelled out where they are used: the planner guesses well then, and reads the ends of indexes only.
const MADE = `now() + $1::float8 * interval '1 ms'`;
const LOCKED = `now() + ($1::float8 + $2::float8) * interval '1 ms'`;
const RETRIED = `now() + ($1::float8 + $3::float8) * interval '1 ms'`;
const MEND = `
WITH late AS (
  SELECT id FROM deliveries WHERE created_at > ${MADE}
  UNION
  SELECT far.id FROM channels c CROSS JOIN LATERAL (
    SELECT d.id FROM deliveries d
    WHERE d.channel_id = c.id AND d.state IN ('waiting', 'sending', 'retrying') AND d.next_attempt_at > least(${LOCKED}, ${RETRIED})
      AND ((d.state = 'sending' AND d.next_attempt_at > ${LOCKED}) OR (d.state = 'retrying' AND d.next_attempt_at > ${RETRIED})) OFFSET 0) far),
picked AS MATERIALIZED (
  SELECT d.id, greatest(d.created_at - now(), interval '0') AS ahead,
         round(greatest(extract(epoch FROM d.created_at - now()), 0) / 86400) * interval '24 hours' AS days
  FROM deliveries d WHERE d.id IN (SELECT id FROM late) AND d.state IN ('waiting', 'sending', 'retrying')
  ORDER BY d.num LIMIT $4 FOR UPDATE SKIP LOCKED),
freed AS (
  UPDATE deliveries d SET
    created_at = least(d.created_at, now()),
    first_attempt_at = least(d.first_attempt_at, now()),
    next_attempt_at = CASE
      WHEN d.state = 'sending' THEN least(d.next_attempt_at, now() + $2::float8 * interval '1 ms')
      WHEN d.state = 'retrying' THEN now()
      WHEN d.held THEN d.next_attempt_at - p.days
      ELSE d.next_attempt_at - p.ahead END,
    locked_until = least(d.locked_until, now() + $2::float8 * interval '1 ms'),
    give_up_at = d.give_up_at - CASE WHEN d.held THEN p.days ELSE p.ahead END
  FROM picked p WHERE d.id = p.id RETURNING 1),
followed AS (
  UPDATE alert_follow_ups SET remind_at = remind_at - (set_at - now()), escalate_at = escalate_at - (set_at - now()), set_at = now()
  WHERE set_at > ${MADE} RETURNING 1)
SELECT (SELECT count(*) FROM freed)::int + (SELECT count(*) FROM followed)::int AS count`;
