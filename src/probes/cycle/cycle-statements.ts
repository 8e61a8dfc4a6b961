import { STATE_COLUMNS } from './cycle-rows.js';

/**
 * Commits of cycles are serial: parents and children in different shards see each other, whichever comes first. The lock is taken
 * before the row is claimed; the other way round two claims of one turn could wait for each other.
 */
export const CLAIM = `
  WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended('probe-commit', 0))::text AS taken),
       claimed AS (INSERT INTO cycles (kind, shard, due_at, recorded_at, interval_seconds)
                   SELECT $1, $2, $3, clock_timestamp(), $4 FROM locked
                   ON CONFLICT DO NOTHING RETURNING kind)
  SELECT count(*)::int AS claimed FROM claimed`;

const ms = (expression: string) => `(extract(epoch FROM ${expression}) * 1000)::float8`;
const isProbed = (device: string, profile: string) => `(${device}.enabled AND ${profile}.mode = 'standalone')`;
/** A turn older than this many intervals says nothing about now. */
const RECENT_INTERVALS = 2;
/** Sites within sites, at most; also ends a circle. */
const SITE_LEVELS = 30;
/** The longest interval of probes, twice. */
const RECENT_AT_MOST = `interval '2 hours'`;

/**
 * Everything a turn is judged by, after the lock, as one list of rows: `$1` the devices that were probed or kept, `$2` those that
 * failed, `$3` first and `$4` last number of the shard, `$5` kind, `$6` shard, `$7` when it was due.
 */
export const READ = `
  WITH RECURSIVE behind AS (
    SELECT c.id, c.num, p.num AS parent_num FROM devices p
    JOIN devices c ON c.parent_id = p.id JOIN device_state s ON s.device_num = c.num
    WHERE p.num = ANY ($2::int[]) AND s.state = 'down' AND s.fails > 0
    UNION
    SELECT c.id, c.num, b.num FROM behind b
    JOIN devices c ON c.parent_id = b.id JOIN device_state s ON s.device_num = c.num
    WHERE s.state = 'down' AND s.fails > 0
  )
  SELECT 'device' AS part, d.num, pd.num AS parent_num, d.site_id, ${isProbed('d', 'p')} AS is_probed,
         p.down_after, p.up_after, p.flap_low_percent AS flap_low, p.flap_high_percent AS flap_high,
         ${isProbed('pd', 'pp')} AS parent_is_probed, ps.state AS parent_state, ${ms('ps.since')} AS parent_since,
         ${ms('ps.down_since')} AS parent_down_since, ps.outcome AS parent_outcome, ${ms('ps.last_at')} AS parent_last_at, ${STATE_COLUMNS},
         NULL::text AS kind, NULL::int AS candidates, NULL::int AS lost, NULL::int AS explained, NULL::float8 AS started_at, NULL::text AS reason,
         NULL::float8 AS last_due_at
  FROM devices d JOIN profiles p ON p.id = d.profile_id LEFT JOIN device_state s ON s.device_num = d.num
  LEFT JOIN devices pd ON pd.id = d.parent_id LEFT JOIN profiles pp ON pp.id = pd.profile_id
  LEFT JOIN device_state ps ON ps.device_num = pd.num
  WHERE d.num BETWEEN $3 AND $4
    AND (d.num = ANY ($1::int[]) OR (NOT ${isProbed('d', 'p')} AND s.cause <> 'disabled'))
  UNION ALL
  SELECT 'bystander', b.num, b.parent_num, ${nothing(12)}, ${STATE_COLUMNS}, ${nothing(7)}
  FROM behind b JOIN device_state s ON s.device_num = b.num
  WHERE b.num <> ALL ($1::int[])
  UNION ALL
  SELECT 'cycle', ${nothing(14)}, ${nothing(19)}, c.kind, c.candidates, c.lost, c.explained, ${ms('c.started_at')}, NULL, NULL
  FROM (SELECT DISTINCT ON (kind, shard) kind, shard, candidates, lost, explained, started_at FROM cycles
        WHERE due_at > $7::timestamptz - ${RECENT_AT_MOST} AND due_at > $7 - make_interval(secs => ${RECENT_INTERVALS} * interval_seconds)
          AND (kind LIKE 'ping-%' OR kind LIKE 'checks-%') AND candidates IS NOT NULL AND (kind, shard) <> ($5, $6::int)
        ORDER BY kind, shard, due_at DESC) c
  UNION ALL
  SELECT 'vantage', ${nothing(14)}, ${nothing(15)}, v.blind, ${nothing(3)}, ${nothing(5)}, v.reason,
         (SELECT ${ms('max(due_at)')} FROM cycles WHERE kind = $5 AND shard = $6 AND due_at < $7)
  FROM vantage_points v WHERE v.name = 'default'`;

function nothing(columns: number): string {
  return Array.from({ length: columns }, () => 'NULL').join(', ');
}

/**
 * Only when the numbers look blind: whether everything that is lost is of one site or below one, while something elsewhere answers.
 * `$1` the sites of the lost devices, `$2` those of the devices of this turn that answer, `$3` the devices of this turn, which are known
 * already, `$4` since when results count.
 */
export const ONE_SITE = `
  WITH RECURSIVE above AS (
    SELECT id AS lost, id, parent_id, 0 AS steps FROM sites WHERE id = ANY ($1::uuid[])
    UNION ALL
    SELECT a.lost, s.id, s.parent_id, a.steps + 1 FROM above a JOIN sites s ON s.id = a.parent_id WHERE a.steps < ${SITE_LEVELS}
  ), common AS (
    SELECT id FROM above GROUP BY id HAVING count(DISTINCT lost) = cardinality($1::uuid[]) ORDER BY max(steps) LIMIT 1
  ), inside AS (
    SELECT id FROM common
    UNION
    SELECT s.id FROM inside i JOIN sites s ON s.parent_id = i.id
  ), others AS (
    SELECT s.outcome, s.state = 'up' OR (s.state = 'unknown' AND s.last_known_state = 'up') AS was_up
    FROM device_state s JOIN devices d ON d.num = s.device_num
    WHERE d.enabled AND s.last_at > $4 AND d.num <> ALL ($3::int[]) AND (d.site_id IS NULL OR d.site_id NOT IN (SELECT id FROM inside))
  )
  SELECT EXISTS (SELECT FROM common) AND NOT EXISTS (SELECT FROM others WHERE outcome = 'failed' AND was_up)
         AND (EXISTS (SELECT FROM others WHERE outcome = 'ok')
              OR EXISTS (SELECT FROM unnest($2::uuid[]) AS answers WHERE answers IS NULL OR answers NOT IN (SELECT id FROM inside)))
         AS one_site`;
