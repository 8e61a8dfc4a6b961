import { NOTICE_CHANNEL } from '../../platform/events/notice.js';
import type { AlertEventKind, OutboxKind } from '../engine/alert.js';

/** A moment as the wire writes it. */
const iso = (time: string): string => `to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** What a person does to alerts. */
interface AlertAction {
  /** Assignments of columns of `a`; parameters from `$3` on. */
  set: string;
  event: AlertEventKind;
  /** Of the event, of the row as it is afterwards; parameters from `$3` on. */
  detail: string;
  /** What must be told, and of which rows as they are afterwards; absent: nothing. */
  told?: { kind: OutboxKind; where: string };
}

/** `$3` until, `$4` seconds instead, `$5` sticky, `$6` comment. */
export const ACKNOWLEDGE: AlertAction = {
  set: `ack_by = $2, ack_at = now(), ack_until = coalesce($3::timestamptz, now() + make_interval(secs => $4::float8)), ack_sticky = $5, ack_comment = $6`,
  event: 'acknowledged',
  detail: `jsonb_build_object('until', ${iso('ack_until')}, 'sticky', ack_sticky, 'comment', ack_comment)`,
};

/** `$3` who had acknowledged it. What is resolved keeps who had it in hand; only nothing is inherited of it any more. */
export const TAKE_BACK: AlertAction = {
  set: `ack_sticky = false, ${['ack_by', 'ack_at', 'ack_until', 'ack_comment']
    .map((column) => `${column} = CASE WHEN a.state = 'resolved' THEN a.${column} END`)
    .join(', ')}`,
  event: 'unacknowledged',
  detail: `jsonb_build_object('by', $3::text)`,
  // To those who had not heard of it when it was acknowledged. While something else holds that back, the evaluator tells it afterwards.
  told: { kind: 'firing', where: `state = 'firing' AND announced_at IS NOT NULL AND suppressed_by IS NULL` },
};

/** `$3` comment. */
export const RESOLVE: AlertAction = {
  set: `state = 'resolved', resolution = 'manual', resolved_at = greatest(now(), a.fired_at)`,
  event: 'resolved',
  detail: `jsonb_build_object('resolution', 'manual', 'comment', $3::text)`,
  told: { kind: 'resolved', where: 'announced_at IS NOT NULL' },
};

/**
 * The action, its events, what must be told of it and the notices, as parts of a statement that ends with `${'answer'}`: `changed` holds
 * the rows afterwards. `$2` is who does it.
 *
 * @param from which alerts, after `UPDATE alerts a SET …`; they are locked already
 * @param columns of `a` that the answer needs, besides those that events and outbox do
 */
export function actionStatement(
  { set, event, detail, told }: AlertAction,
  { before = '', from, columns, answer }: { before?: string; from: string; columns: string; answer: string },
): string {
  return `
  WITH ${before} changed AS (
    UPDATE alerts a SET ${set}, updated_at = now() ${from} RETURNING ${columns}
  ), events AS (
    INSERT INTO alert_events (alert_id, at, kind, actor, detail)
    SELECT id, now(), '${event}', $2, ${detail} FROM changed ORDER BY id RETURNING id
  ), told AS (
    INSERT INTO alert_outbox (alert_id, kind, at)
    SELECT id, '${told?.kind ?? ''}', now() FROM changed WHERE ${told?.where ?? 'false'} ORDER BY id RETURNING id
  )
  SELECT ${answer},
         (SELECT pg_notify('${NOTICE_CHANNEL}', json_build_object('kind', 'alerts_changed', 'first', min(id), 'last', max(id),
           'count', count(*))::text) FROM events HAVING count(*) > 0)::text AS _told,
         (SELECT pg_notify('${NOTICE_CHANNEL}', '{"kind":"deliveries_due"}') FROM told HAVING count(*) > 0)::text AS _due`;
}
