import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Message } from '../channels/channel-driver.port.js';
import type { Draft } from './freeze-delivery.js';

/** What was claimed, and is to be sent by this process within its time. */
export interface ClaimedRow extends Draft {
  channelId: string;
  /** This one included. */
  attempts: number;
  /** An earlier attempt may have arrived. */
  uncertain: boolean;
  /** Null before the first attempt. */
  content: Message | null;
  now: Date;
}

/** How many may be claimed of a channel. */
export interface ChannelRoom {
  channelId: string;
  free: number;
  /** A disabled one only gets tests. */
  enabled: boolean;
  /** Nothing but what somebody asked for by hand: a test, a retry, of each its first attempt. So one sees at once that a receiver is mended. */
  onlyAsked?: boolean;
}

/** An alert of a delivery that goes out now. */
export interface ClaimedMember {
  deliveryId: string;
  alertId: string;
  /** The receiver knows that it fires, or may. */
  isTold: boolean;
  /** Other deliveries by which somebody knows or will know that it fires. */
  others: string[];
}

/**
 * A receiver learns of an alert in order: what was to be told of the same one before must be over. `OFFSET 0` and the comparison that no
 * index serves keep it a few look-ups for each delivery, from its alerts on: as a join it would read all that waits.
 */
const IN_ORDER = `NOT EXISTS (
  SELECT FROM delivery_alerts x
  CROSS JOIN LATERAL (
    SELECT y.delivery_id FROM delivery_alerts y
    WHERE y.fingerprint = x.fingerprint AND y.seq < x.seq AND y.dropped IS NULL AND y.delivery_id <> x.delivery_id OFFSET 0) y
  WHERE x.delivery_id = d.id AND x.dropped IS NULL AND EXISTS (
    SELECT FROM deliveries e WHERE e.id = y.delivery_id AND e.channel_id IS NOT DISTINCT FROM d.channel_id
      AND e.state IN ('waiting', 'sending', 'retrying') OFFSET 0)
  OFFSET 0)`;

/** Nobody was told of their escalation after all: it is due once nothing keeps them back. */
const ESCALATE_AGAIN = `
  INSERT INTO alert_follow_ups AS f (alert_id, escalate_at)
  SELECT DISTINCT x."alertId", now() FROM jsonb_to_recordset($2::jsonb) AS x ("deliveryId" uuid, "alertId" uuid, reason text)
  JOIN deliveries d ON d.id = x."deliveryId" AND d.kind = 'escalation'
  WHERE x.reason IN ('acknowledged', 'suppressed') AND NOT EXISTS (
    SELECT FROM delivery_alerts m JOIN deliveries e ON e.id = m.delivery_id AND e.kind = 'escalation'
    WHERE m.alert_id = x."alertId" AND m.dropped IS NULL AND (e.state <> 'cancelled' OR e.uncertain) AND NOT EXISTS (
      SELECT FROM jsonb_to_recordset($2::jsonb) AS y ("deliveryId" uuid, "alertId" uuid)
      WHERE y."deliveryId" = m.delivery_id AND y."alertId" = m.alert_id))
  ON CONFLICT (alert_id) DO UPDATE SET escalate_at = excluded.escalate_at, escalated_at = NULL, set_at = now()`;

/** Claims deliveries. Each method is one statement, whatever their number. */
@Injectable()
export class ClaimStore {
  /** Claims what is due: never tried, to be tried again, or in the hands of a process that has ended. */
  async claim(room: readonly ChannelRoom[], lockMs: number, manager: EntityManager): Promise<ClaimedRow[]> {
    return manager.query<ClaimedRow[]>(
      `WITH due AS MATERIALIZED (
         SELECT picked.* FROM jsonb_to_recordset($1::jsonb) AS c ("channelId" uuid, free int, enabled bool, "onlyAsked" bool)
         CROSS JOIN LATERAL (
           SELECT d.id, d.state = 'sending' AS lost FROM deliveries d
           WHERE d.channel_id = c."channelId" AND d.state IN ('waiting', 'sending', 'retrying') AND d.next_attempt_at <= clock_timestamp()
             AND (c.enabled OR d.kind = 'test') AND (c."onlyAsked" IS NOT TRUE OR d.asked)
             AND ${IN_ORDER}
           ORDER BY d.next_attempt_at LIMIT c.free FOR UPDATE OF d SKIP LOCKED) picked),
       lost AS (
         INSERT INTO delivery_attempts (delivery_id, number, at, duration_ms, outcome, error)
         SELECT d.id, d.attempts, coalesce(d.locked_until, now()) - $2::float8 * interval '1 ms', 0, 'unknown',
                'The process that sent it ended before it knew the outcome.'
         FROM due JOIN deliveries d ON d.id = due.id WHERE due.lost),
       claimed AS (
         UPDATE deliveries d SET state = 'sending', attempts = d.attempts + 1, uncertain = d.uncertain OR due.lost,
           locked_until = clock_timestamp() + $2::float8 * interval '1 ms', next_attempt_at = clock_timestamp() + $2::float8 * interval '1 ms',
           first_attempt_at = coalesce(d.first_attempt_at, now())
         FROM due WHERE d.id = due.id RETURNING d.*)
       SELECT id, channel_id AS "channelId", kind, severity, group_key AS "groupKey", group_labels AS "groupLabels", attempts, uncertain,
              content, clock_timestamp() AS now
       FROM claimed ORDER BY num`,
      [JSON.stringify(room), lockMs],
    );
  }

  /** The alerts of these, and whether others know of them. */
  async members(ids: readonly string[], manager: EntityManager): Promise<ClaimedMember[]> {
    if (ids.length === 0) return [];
    return manager.query<ClaimedMember[]>(
      `SELECT m.delivery_id AS "deliveryId", m.alert_id AS "alertId",
         coalesce(bool_or(e.channel_id = d.channel_id AND (e.state = 'delivered' OR e.uncertain)), false) AS "isTold",
         coalesce(array_agg(e.id) FILTER (WHERE e.state = 'delivered' OR e.uncertain OR e.state IN ('waiting', 'sending', 'retrying')), '{}')
           AS others
       FROM delivery_alerts m JOIN deliveries d ON d.id = m.delivery_id
       LEFT JOIN delivery_alerts y ON y.alert_id = m.alert_id AND y.delivery_id <> m.delivery_id AND y.dropped IS NULL
       LEFT JOIN deliveries e ON e.id = y.delivery_id AND e.kind <> 'resolved'
       WHERE m.delivery_id = ANY ($1::uuid[]) AND m.dropped IS NULL
       GROUP BY m.delivery_id, m.alert_id, m.seq ORDER BY m.seq`,
      [ids],
    );
  }

  /** Writes what the claimed ones say, whom they leave out, which of them are not sent, and which alerts are escalated later for that. */
  async freeze(
    {
      contents,
      dropped,
      ended,
    }: {
      contents: readonly Message[];
      dropped: readonly { deliveryId: string; alertId: string; reason: string }[];
      ended: readonly { id: string; state: 'cancelled' | 'failed'; reason: string }[];
    },
    manager: EntityManager,
  ): Promise<void> {
    if (contents.length + dropped.length + ended.length === 0) return;
    await manager.query(
      `WITH dropped AS (
         UPDATE delivery_alerts m SET dropped = x.reason
         FROM jsonb_to_recordset($2::jsonb) AS x ("deliveryId" uuid, "alertId" uuid, reason text)
         WHERE m.delivery_id = x."deliveryId" AND m.alert_id = x."alertId"),
       again AS (${ESCALATE_AGAIN}),
       ended AS (
         UPDATE deliveries d SET state = x.state, attempts = d.attempts - 1, finished_at = now(), locked_until = NULL, last_error = x.reason
         FROM jsonb_to_recordset($3::jsonb) AS x (id uuid, state text, reason text) WHERE d.id = x.id)
       UPDATE deliveries d SET content = x.content FROM (SELECT value AS content FROM json_array_elements($1::json)) x
       WHERE d.id = (x.content->>'id')::uuid`,
      [JSON.stringify(contents), JSON.stringify(dropped), JSON.stringify(ended)],
    );
  }

  /** When the next delivery of these channels is due, ms from now; null when none is to be made. */
  async nextDueMs(channelIds: readonly string[], manager: EntityManager): Promise<number | null> {
    const [row] = await manager.query<[{ due: number | null }]>(
      `SELECT (extract(epoch FROM least(
           (SELECT min(n.at) FROM unnest($1::uuid[]) AS c (id) CROSS JOIN LATERAL (
              SELECT next_attempt_at AS at FROM deliveries d
              WHERE d.channel_id = c.id AND d.state IN ('waiting', 'sending', 'retrying') AND d.next_attempt_at > clock_timestamp()
              ORDER BY next_attempt_at LIMIT 1) n),
           (SELECT min(due_at) FROM alert_follow_ups)) - clock_timestamp()) * 1000)::float8 AS due`,
      [channelIds],
    );
    return row.due;
  }
}
