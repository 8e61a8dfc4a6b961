import { NOTICE_CHANNEL } from '../../platform/events/notice.js';

/** A column of `alerts` that a pass writes: the type that JSON brings it as, and how it is written. */
interface WrittenColumn {
  name: string;
  type: string;
  sql: string;
}

const plain =
  (type: string) =>
  (name: string): WrittenColumn => ({ name, type, sql: `w.${name}` });
const instant = (name: string): WrittenColumn => ({ name, type: 'float8', sql: `to_timestamp(w.${name} / 1000)` });
const [text, uuid, whole] = [plain('text'), plain('uuid'), plain('int')];

/** What an alert is about: never changed. */
const TARGET = [
  ...['fingerprint', 'target_kind', 'target_key', 'group_key'].map(text),
  ...['rule_id', 'device_id'].map(uuid),
  whole('device_num'),
  instant('began_at'),
];
/** What it says, as of when it said something new last. */
const FACE = [
  ...['rule_name', 'severity', 'target_name', 'site_name', 'runbook_url', 'summary', 'face_key'].map(text),
  uuid('site_id'),
  whole('rule_version'),
  plain('jsonb')('labels'),
  plain('float8')('value'),
];
const STATE = [
  ...['state', 'resolution', 'ack_by', 'ack_comment', 'suppressed_by'].map(text),
  uuid('suppressed_id'),
  plain('bool')('ack_sticky'),
  ...['pending_since', 'fired_at', 'resolved_at', 'clear_since', 'recovering_since'].map(instant),
  ...['ack_at', 'ack_until', 'announced_at', 'evaluated_at'].map(instant),
];
const ALL = [...TARGET, ...FACE, ...STATE];

const list = (columns: WrittenColumn[], each: (column: WrittenColumn) => string): string =>
  columns.map(each).join(', ');

/** Not as a join: PostgreSQL expects a handful of rows and would compare each with each. So it looks them up in a hash table. */
const isDone = (id: string): string => `(${id} IN (SELECT id FROM done)) IS TRUE`;

/**
 * Everything that a pass changes, in one statement and so whole or not at all. What somebody else changed since it was read (an
 * acknowledgement, a resolve by hand) stays as they made it, and nothing is told of our change: the next pass looks again.
 * Rows are locked in the order of their ids, as everybody does who locks several, and no more than is needed: who plans what is told of them
 * does not wait. A rule is not deleted while it opens something; one that is deleted opens nothing.
 *
 * `$1` alerts, `$2` their events, `$3` what is to be told, `$4` rules that are switched off because they cannot be evaluated; each JSON.
 */
export const WRITE = `
WITH w AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS w (op text, id uuid, version float8, faced bool, ${list(ALL, ({ name, type }) => `${name} ${type}`)})
), mine AS MATERIALIZED (
  SELECT w.* FROM alerts a JOIN w ON w.id = a.id AND w.op <> 'open'
  WHERE a.state <> 'resolved' AND a.xmin::text::float8 = w.version ORDER BY a.id FOR NO KEY UPDATE OF a
), opened AS (
  INSERT INTO alerts (id, ${list(ALL, ({ name }) => name)})
  SELECT w.id, ${list(ALL, ({ sql }) => sql)} FROM w JOIN alert_rules r ON r.id = w.rule_id AND r.enabled WHERE w.op = 'open'
  FOR KEY SHARE OF r
  ON CONFLICT (fingerprint) WHERE state <> 'resolved' DO NOTHING
  RETURNING id
), changed AS (
  UPDATE alerts a SET updated_at = now(), ${list(STATE, ({ name, sql }) => `${name} = ${sql}`)},
    ${list(FACE, ({ name, sql }) => `${name} = CASE WHEN w.faced THEN ${sql} ELSE a.${name} END`)}
  FROM mine w WHERE a.id = w.id AND w.op = 'change' RETURNING a.id
), dropped AS (
  DELETE FROM alerts a USING mine w WHERE a.id = w.id AND w.op = 'drop' RETURNING a.id
), done AS (
  SELECT id FROM opened UNION ALL SELECT id FROM changed
), inherited AS (
  -- A sticky acknowledgement moves on to the alert that fires again: taken back there, it must not come from the old one once more.
  UPDATE alerts k SET ack_sticky = false FROM w
  WHERE ${isDone('w.id')} AND w.ack_sticky AND w.state <> 'resolved' AND k.rule_id = w.rule_id AND k.target_kind = w.target_kind AND k.target_key = w.target_key
    AND k.ack_sticky AND k.state = 'resolved'
), events AS (
  INSERT INTO alert_events (alert_id, at, kind, actor, detail)
  SELECT e.alert_id, to_timestamp(e.at / 1000), e.kind, e.actor, e.detail
  FROM ROWS FROM (json_to_recordset($2::json) AS (alert_id uuid, at float8, kind text, actor text, detail jsonb)) WITH ORDINALITY
    AS e (alert_id, at, kind, actor, detail, place)
  WHERE ${isDone('e.alert_id')} ORDER BY e.place
  RETURNING id
), told AS (
  INSERT INTO alert_outbox (alert_id, kind, at)
  SELECT o.alert_id, o.kind, to_timestamp(o.at / 1000)
  FROM ROWS FROM (json_to_recordset($3::json) AS (alert_id uuid, kind text, at float8)) WITH ORDINALITY AS o (alert_id, kind, at, place)
  WHERE ${isDone('o.alert_id')} ORDER BY o.place
  RETURNING id
), breaking AS MATERIALIZED (
  SELECT r.id, b.reason FROM alert_rules r JOIN json_to_recordset($4::json) AS b (id uuid, version int, reason text) ON b.id = r.id
  WHERE r.version = b.version AND r.enabled ORDER BY r.id FOR NO KEY UPDATE OF r
), broken AS (
  UPDATE alert_rules r SET enabled = false, broken_reason = b.reason, broken_at = now(), updated_at = now()
  FROM breaking b WHERE r.id = b.id RETURNING r.id
), range AS (
  SELECT min(id)::float8 AS first, max(id)::float8 AS last, count(*)::int AS count FROM events
)
SELECT (SELECT count(*)::int FROM opened) AS opened, (SELECT count(*)::int FROM changed) AS changed,
       (SELECT count(*)::int FROM dropped) AS dropped, (SELECT count(*)::int FROM told) AS told,
       (SELECT coalesce(json_agg(id), '[]') FROM broken) AS broken, range.last AS "lastEvent",
       CASE WHEN range.count > 0 THEN pg_notify('${NOTICE_CHANNEL}', json_build_object('kind', 'alerts_changed',
         'first', range.first, 'last', range.last, 'count', range.count)::text) END,
       CASE WHEN EXISTS (SELECT FROM told) THEN pg_notify('${NOTICE_CHANNEL}', '{"kind":"deliveries_due"}') END,
       CASE WHEN EXISTS (SELECT FROM broken) THEN pg_notify('${NOTICE_CHANNEL}', '{"kind":"alert_rules_changed"}') END
FROM range`;
