import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { FollowUp } from '../policy/follow-up.js';
import type { Gathering, Opening } from './delivery.js';
import type { NoticePlan } from './plan-notices.js';

/** A follow-up that is due. */
interface DueFollowUp extends FollowUp {
  alertId: string;
  escalated: boolean;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Reads what a plan is made of, and writes it. Each method is one statement, whatever the number of alerts. */
@Injectable()
export class PlanStore {
  /** Two planners at once would make two notices of one group. Held until the transaction ends. @returns the time, ms since the epoch */
  async enter(manager: EntityManager): Promise<number> {
    const [row] = await manager.query<[{ now: number }]>(
      `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
       FROM (SELECT pg_advisory_xact_lock(hashtextextended('notification-planner', 0))) AS entered`,
    );
    return row.now;
  }

  /** To channels that there still are. Locked: what becomes of them waits for the plan. */
  async openings(alertIds: readonly string[], manager: EntityManager): Promise<Opening[]> {
    return manager.query<Opening[]>(
      `SELECT m.alert_id AS "alertId", d.id AS "deliveryId", d.channel_id AS "channelId", d.channel_name AS "channelName",
              d.channel_kind AS "channelKind", d.kind, d.state, d.uncertain, d.group_key AS "groupKey", d.group_labels AS "groupLabels"
       FROM delivery_alerts m JOIN deliveries d ON d.id = m.delivery_id JOIN channels c ON c.id = d.channel_id
       WHERE m.alert_id = ANY ($1::uuid[]) AND m.dropped IS NULL AND d.kind <> 'resolved'
       ORDER BY d.num FOR UPDATE OF d`,
      [alertIds],
    );
  }

  /** Of these groups; those that are about to go out are left alone. Locked: none goes out meanwhile. */
  async gathering(groupKeys: readonly string[], manager: EntityManager): Promise<Gathering[]> {
    return manager.query<Gathering[]>(
      `SELECT g.*, (SELECT count(*)::int FROM delivery_alerts m WHERE m.delivery_id = g.id) AS members FROM (
         SELECT id, channel_id AS "channelId", group_key AS "groupKey", kind, severity, held,
                floor(extract(epoch FROM next_attempt_at) * 1000)::float8 AS at
         FROM deliveries
         WHERE group_key = ANY ($1::text[]) AND state = 'waiting' AND attempts = 0 AND kind <> 'test'
           AND next_attempt_at > clock_timestamp()
         ORDER BY num FOR UPDATE SKIP LOCKED) g`,
      [groupKeys],
    );
  }

  /** A time to compare `untold_at` with; null while no channel may be told anything. */
  async untoldUntil(manager: EntityManager): Promise<string | null> {
    const [row] = await manager.query<{ now: string }[]>(
      'SELECT clock_timestamp()::text AS now WHERE EXISTS (SELECT FROM channels WHERE enabled)',
    );
    return row?.now ?? null;
  }

  /** After the channels were read and locked: none of them is gone. */
  async write(plan: NoticePlan, giveUpAfterMs: number, manager: EntityManager): Promise<void> {
    const { made, changed, members, dropped, followUps, settled } = plan;
    await manager.query(
      `WITH made AS (
         INSERT INTO deliveries (id, channel_id, channel_name, channel_kind, kind, severity, group_key, group_labels, held, next_attempt_at, give_up_at)
         SELECT id, channel_id, channel_name, channel_kind, kind, severity, group_key, group_labels, held, at,
                greatest(at, now()) + $7::float8 * interval '1 ms'
         FROM jsonb_to_recordset($1::jsonb) AS x (id uuid, channel_id uuid, channel_name text, channel_kind text, kind text, severity text,
           group_key text, group_labels jsonb, held boolean, at timestamptz)
         RETURNING id),
       changed AS (
         UPDATE deliveries d SET severity = x.severity, next_attempt_at = x.at
         FROM jsonb_to_recordset($2::jsonb) AS x (id uuid, severity text, at timestamptz) WHERE d.id = x.id),
       joined AS (
         INSERT INTO delivery_alerts (delivery_id, alert_id, fingerprint, at)
         SELECT x.delivery_id, x.alert_id, x.fingerprint, x.at
         FROM ROWS FROM (jsonb_to_recordset($3::jsonb) AS (delivery_id uuid, alert_id uuid, fingerprint text, at timestamptz))
           WITH ORDINALITY AS x (delivery_id, alert_id, fingerprint, at, place)
         WHERE (x.delivery_id IN (SELECT id FROM made) OR EXISTS (SELECT FROM deliveries d WHERE d.id = x.delivery_id))
           AND EXISTS (SELECT FROM alerts a WHERE a.id = x.alert_id)
         ORDER BY x.place ON CONFLICT DO NOTHING),
       dropped AS (
         UPDATE delivery_alerts m SET dropped = 'resolved'
         FROM jsonb_to_recordset($4::jsonb) AS x (delivery_id uuid, alert_id uuid)
         WHERE m.delivery_id = x.delivery_id AND m.alert_id = x.alert_id),
       followed AS (
         INSERT INTO alert_follow_ups AS f (alert_id, remind_at, escalate_at)
         SELECT x.alert_id, x.remind_at, x.escalate_at
         FROM jsonb_to_recordset($5::jsonb) AS x (alert_id uuid, remind_at timestamptz, escalate_at timestamptz)
         WHERE EXISTS (SELECT FROM alerts a WHERE a.id = x.alert_id)
         ON CONFLICT (alert_id) DO UPDATE SET set_at = excluded.set_at, remind_at = excluded.remind_at,
           escalate_at = CASE WHEN f.escalated_at IS NULL THEN excluded.escalate_at END)
       DELETE FROM alert_follow_ups WHERE alert_id = ANY ($6::uuid[])`,
      [
        JSON.stringify(
          made.map((each) => ({
            id: each.id,
            channel_id: each.channelId,
            channel_name: each.channelName,
            channel_kind: each.channelKind,
            kind: each.kind,
            severity: each.severity,
            group_key: each.groupKey,
            group_labels: each.groupLabels,
            held: each.held,
            at: iso(each.at),
          })),
        ),
        JSON.stringify(changed.map(({ id, severity, at }) => ({ id, severity, at: iso(at) }))),
        JSON.stringify(
          members.map(({ deliveryId, alertId, fingerprint, at }) => ({
            delivery_id: deliveryId,
            alert_id: alertId,
            fingerprint,
            at: iso(at),
          })),
        ),
        JSON.stringify(dropped.map(({ deliveryId, alertId }) => ({ delivery_id: deliveryId, alert_id: alertId }))),
        JSON.stringify(lastOfEach(followUps).map(followUpRow)),
        settled,
        giveUpAfterMs,
      ],
    );
  }

  /** Cancels what nobody needs to be told any more. Not what is being sent: that is looked at when its outcome is known. */
  async cancelMoot({ dropped, perhapsMoot }: NoticePlan, manager: EntityManager): Promise<void> {
    const ids = [...new Set([...dropped.map(({ deliveryId }) => deliveryId), ...perhapsMoot])];
    if (ids.length === 0) return;
    await manager.query(
      `UPDATE deliveries d SET state = 'cancelled', finished_at = now(), locked_until = NULL, last_error = coalesce(last_error, 'Its alerts have ended.')
       WHERE d.id = ANY ($1::uuid[]) AND d.state IN ('waiting', 'retrying') AND NOT EXISTS (
         SELECT FROM delivery_alerts m JOIN alerts a ON a.id = m.alert_id
         WHERE m.delivery_id = d.id AND m.dropped IS NULL AND (d.state = 'waiting' OR a.state = 'firing'))`,
      [ids],
    );
  }

  async dueFollowUps(limit: number, manager: EntityManager): Promise<DueFollowUp[]> {
    return manager.query<DueFollowUp[]>(
      `SELECT alert_id AS "alertId", floor(extract(epoch FROM remind_at) * 1000)::float8 AS "remindAt",
              floor(extract(epoch FROM escalate_at) * 1000)::float8 AS "escalateAt", escalated_at IS NOT NULL AS escalated
       FROM alert_follow_ups WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [limit],
    );
  }

  /** The one that is due first cannot be done: in an hour again. @returns the id of its alert; null when none is due */
  async setFollowUpAside(manager: EntityManager): Promise<string | null> {
    const [row] = await manager.query<{ id: string }[]>(
      `WITH later AS (
         UPDATE alert_follow_ups f SET set_at = now(),
           remind_at = CASE WHEN f.remind_at <= clock_timestamp() THEN now() + interval '1 hour' ELSE f.remind_at END,
           escalate_at = CASE WHEN f.escalate_at <= clock_timestamp() THEN now() + interval '1 hour' ELSE f.escalate_at END
         WHERE f.alert_id = (SELECT alert_id FROM alert_follow_ups WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING f.alert_id AS id)
       SELECT id FROM later`,
    );
    return row?.id ?? null;
  }

  async moveFollowUps(
    next: readonly ({ alertId: string; escalated: boolean } & FollowUp)[],
    manager: EntityManager,
  ): Promise<void> {
    await manager.query(
      `WITH x AS (SELECT * FROM jsonb_to_recordset($1::jsonb)
                  AS x (alert_id uuid, remind_at timestamptz, escalate_at timestamptz, escalated boolean)),
       ended AS (DELETE FROM alert_follow_ups f USING x WHERE f.alert_id = x.alert_id AND x.remind_at IS NULL AND x.escalate_at IS NULL)
       UPDATE alert_follow_ups f SET set_at = now(), remind_at = x.remind_at, escalate_at = x.escalate_at,
         escalated_at = CASE WHEN x.escalated THEN coalesce(f.escalated_at, now()) ELSE f.escalated_at END
       FROM x WHERE f.alert_id = x.alert_id AND (x.remind_at IS NOT NULL OR x.escalate_at IS NOT NULL)`,
      [JSON.stringify(next.map((each) => ({ ...followUpRow(each), escalated: each.escalated })))],
    );
  }
}

function followUpRow({ alertId, remindAt, escalateAt }: { alertId: string } & FollowUp) {
  return { alert_id: alertId, remind_at: iso(remindAt), escalate_at: iso(escalateAt) };
}

/** One row may be written once in a statement. */
function lastOfEach<T extends { alertId: string }>(rows: readonly T[]): T[] {
  return [...new Map(rows.map((row) => [row.alertId, row])).values()];
}
