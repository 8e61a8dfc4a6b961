import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { isDataError } from '../../platform/database/data-error.js';
import { storableStart } from '../../platform/http/storable-text.js';
import type { DeliveryOutcome } from '../channels/channel-driver.port.js';

/** How one attempt ended. */
export interface AttemptResult {
  deliveryId: string;
  channelId: string;
  number: number;
  /** By performance.now(). */
  startedAt: number;
  durationMs: number;
  /** Null: it was not made after all. */
  outcome: DeliveryOutcome | null;
  /** Until the next one, if there is to be one. */
  nextInMs: number;
}

/** A delivery that ended without having arrived, and why. */
interface GivenUp {
  id: string;
  error: string | null;
}

const MAX_TEXT = 1_000;
const MAX_REASON = 300;
/** What people are told at most; drivers keep secrets out of it. */
const clip = (text: string | null): string | null => text && storableStart(text, MAX_TEXT);

/** Writes down how attempts ended. */
@Injectable()
export class ResultsStore {
  private readonly log = new Logger('Deliveries');

  constructor(private readonly database: DataSource) {}

  /**
   * One statement, whatever their number; more only when one of them cannot be written, which is ended by itself then and holds up no
   * other. What somebody else has claimed since is left alone.
   * @param recovered channels that work again: what waits there for a further attempt is due now
   * @returns deliveries that were given up
   */
  async write(results: readonly AttemptResult[], recovered: readonly string[]): Promise<GivenUp[]> {
    try {
      return await this.writeAll(results, recovered);
    } catch (error) {
      if (!isDataError(error)) throw error;
      const [only] = results;
      if (results.length === 1 && only) return this.writeBare(only, error as Error);
      const middle = results.length >> 1;
      const before = await this.write(results.slice(0, middle), recovered);
      return [...before, ...(await this.write(results.slice(middle), recovered))];
    }
  }

  private async writeAll(results: readonly AttemptResult[], recovered: readonly string[]): Promise<GivenUp[]> {
    const rows = results.map(({ deliveryId: id, channelId, number, startedAt, durationMs, outcome, nextInMs }) => ({
      id,
      channel_id: channelId,
      number,
      age_ms: performance.now() - startedAt,
      duration_ms: Math.round(durationMs),
      outcome: outcome?.outcome ?? null,
      permanent: outcome?.outcome === 'refused' && outcome.permanent,
      uncertain: outcome?.outcome === 'unknown' || (outcome?.outcome === 'refused' && outcome.partly === true),
      status: outcome && 'status' in outcome ? outcome.status : null,
      error: outcome && 'error' in outcome ? clip(outcome.error) : null,
      response: outcome && 'response' in outcome ? clip(outcome.response) : null,
      next_ms: nextInMs,
    }));
    return this.database.query<GivenUp[]>(WRITE, [JSON.stringify(rows), recovered]);
  }

  /** Of one whose attempt cannot be written down: how it ended, so that it is neither lost nor sent for ever. */
  private async writeBare({ deliveryId, number, outcome }: AttemptResult, cause: Error): Promise<GivenUp[]> {
    const reason = `Its outcome cannot be written down: ${storableStart(cause.message, MAX_REASON)}`;
    this.log.error(`The delivery ${deliveryId} ends here. ${reason}`);
    // It was not sent: its lock runs out.
    if (outcome === null) return [];
    try {
      const [rows] = await this.database.query<[GivenUp[], number]>(
        `UPDATE deliveries SET state = CASE WHEN $3 = 'delivered' THEN 'delivered' ELSE 'failed' END, uncertain = uncertain OR $3 = 'unknown',
           locked_until = NULL, finished_at = clock_timestamp(), last_error = $4
         WHERE id = $1 AND state = 'sending' AND attempts = $2 RETURNING id, last_error AS error`,
        [deliveryId, number, outcome.outcome, reason],
      );
      return outcome.outcome === 'delivered' ? [] : rows;
    } catch (error) {
      if (!isDataError(error)) throw error;
      return [];
    }
  }

  /** Gives up what was never delivered within its time; of a channel that is switched off that is no failure. One statement. */
  async giveUp(): Promise<number> {
    const [row] = await this.database.query<[{ count: number }]>(
      `WITH failed AS (
         UPDATE deliveries d SET state = CASE WHEN off THEN 'cancelled' ELSE 'failed' END, finished_at = now(),
           last_error = CASE WHEN off THEN 'The channel was switched off for too long.' ELSE coalesce(last_error, 'It could not be sent in time.') END
         FROM (SELECT e.id, EXISTS (SELECT FROM channels c WHERE c.id = e.channel_id AND NOT c.enabled) AS off
               FROM deliveries e WHERE e.state IN ('waiting', 'retrying') AND e.give_up_at <= now() ORDER BY e.num FOR UPDATE OF e) x
         WHERE d.id = x.id RETURNING 1)
       SELECT count(*)::int AS count FROM failed`,
    );
    return row.count;
  }
}

const WRITE = `
WITH x AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS x (id uuid, channel_id uuid, number int, age_ms float8, duration_ms int, outcome text,
    permanent bool, uncertain bool, status int, error text, response text, next_ms float8)),
judged AS MATERIALIZED (
  SELECT x.*, CASE
      WHEN x.outcome IS NULL THEN CASE WHEN d.attempts = 1 THEN 'waiting' ELSE 'retrying' END
      WHEN x.outcome = 'delivered' THEN 'delivered'
      WHEN d.kind IN ('firing', 'reminder', 'escalation') AND NOT EXISTS (
        SELECT FROM delivery_alerts m JOIN alerts a ON a.id = m.alert_id
        WHERE m.delivery_id = d.id AND m.dropped IS NULL AND a.state = 'firing') THEN 'cancelled'
      WHEN x.permanent OR clock_timestamp() + x.next_ms * interval '1 ms' >= d.give_up_at THEN 'failed'
      ELSE 'retrying' END AS state
  FROM x JOIN deliveries d ON d.id = x.id AND d.state = 'sending' AND d.attempts = x.number
  ORDER BY d.num FOR UPDATE OF d),
written AS (
  UPDATE deliveries d SET
    state = j.state,
    attempts = CASE WHEN j.outcome IS NULL THEN d.attempts - 1 ELSE d.attempts END,
    uncertain = d.uncertain OR j.uncertain,
    -- Nobody has heard it yet: the next time it says what is true by then.
    content = CASE WHEN j.outcome IS NULL AND NOT d.uncertain THEN NULL ELSE d.content END,
    asked = d.asked AND j.outcome IS NULL,
    next_attempt_at = clock_timestamp() + j.next_ms * interval '1 ms',
    locked_until = NULL,
    finished_at = CASE WHEN j.state IN ('delivered', 'failed', 'cancelled') THEN clock_timestamp() END,
    last_status = CASE WHEN j.outcome IS NULL THEN d.last_status ELSE j.status END,
    last_error = CASE WHEN j.outcome IS NULL THEN d.last_error ELSE j.error END
  FROM judged j WHERE d.id = j.id
  RETURNING j.*),
ended AS (
  SELECT w.*, clock_timestamp() - w.age_ms * interval '1 ms' AS at FROM written w),
logged AS (
  INSERT INTO delivery_attempts (delivery_id, number, at, duration_ms, outcome, status, error, response)
  SELECT id, number, at, duration_ms, outcome, status, error, response FROM ended WHERE outcome IS NOT NULL),
told AS (
  UPDATE channels c SET last_delivered_at = coalesce(t.delivered, c.last_delivered_at), last_failed_at = coalesce(t.failed, c.last_failed_at),
    last_error = CASE WHEN t.failed IS NULL OR t.delivered > t.failed THEN NULL ELSE t.error END
  FROM (SELECT channel_id, max(at) FILTER (WHERE outcome = 'delivered') AS delivered, max(at) FILTER (WHERE outcome <> 'delivered') AS failed,
               (array_agg(error ORDER BY at DESC) FILTER (WHERE outcome <> 'delivered'))[1] AS error
        FROM ended WHERE outcome IS NOT NULL GROUP BY channel_id) t
  -- Only shown: who deletes or changes a channel, and may wait for these deliveries, is not waited for. What it would say is lost then,
  -- until the next attempt; the log of attempts has it.
  WHERE c.id = t.channel_id AND c.id IN (
    SELECT id FROM channels WHERE id IN (SELECT channel_id FROM x) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)),
again AS (
  UPDATE deliveries SET next_attempt_at = clock_timestamp()
  WHERE id IN (
    SELECT id FROM deliveries
    WHERE channel_id = ANY ($2::uuid[]) AND state = 'retrying' AND id NOT IN (SELECT id FROM x) ORDER BY num FOR UPDATE))
SELECT id, error FROM ended WHERE state = 'failed'`;
