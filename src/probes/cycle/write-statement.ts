import type { Columns } from './cycle-columns.js';

const at = (column: string) => `to_timestamp(${column} / 1000)`;

/** Columns that a device keeps when it was not probed in this turn. */
const OF_RESULT = 'outcome error sent received loss_percent rtt_min rtt_avg rtt_max jitter detail'.split(' ');
const OF_STATE =
  'state last_known_state hard fails oks pending_since since event_at down_since cause fresh_until in_maintenance maintenance_until excused blind flapping history history_length'.split(
    ' ',
  );
const RINGS = ['ring_at', 'ring_loss', 'ring_rtt'];

/**
 * Writes a whole turn: results, states, events, buckets to be rolled up again, missed turns, the vantage point, the turn itself, and
 * tells who listens.
 *
 * @param columns of states and events, each an array parameter, in this order, from `$1` on
 * @returns the statement; after the columns come: kind, shard, due_at, started_at, duration_ms, targets, answered, failed, unknown,
 *   candidates, lost, explained, ring length, due times missed (ms), blind, reason (null blind: unchanged), kind and due_at in the words
 *   of the notice, interval (ms)
 */
export function writeStatement({ states, events }: { states: Columns; events: Columns }): string {
  const first = states.types.length + events.types.length;
  const $ = (index: number) => `$${first + index}`;
  return `
  WITH r AS (
    SELECT num, state, last_known_state, hard, fails, oks, ${at('pending')} AS pending_since, ${at('since_ms')} AS since,
           ${at('event_ms')} AS event_at, ${at('down_ms')} AS down_since, cause, ${at('fresh_ms')} AS fresh_until, in_maintenance, ${at('until_ms')} AS maintenance_until,
           excused, blind, flapping, history, history_length, ${at('probed_ms')} AS last_at, status,
           (ARRAY['ok', 'failed', 'unknown'])[status + 1] AS outcome, error, sent, received,
           CASE WHEN sent > 0 THEN (sent - received) * 100.0 / sent END::real AS loss_percent,
           rtt_min::real, rtt_avg::real, rtt_max::real, jitter::real, detail::jsonb AS detail, is_sample
    FROM ${unnest(states, 1)} AS c (num, state, last_known_state, hard, fails, oks, pending, since_ms, event_ms, down_ms, cause,
      fresh_ms, in_maintenance, until_ms, excused, blind, flapping, history, history_length, probed_ms, status, error, sent, received,
      rtt_min, rtt_avg, rtt_max, jitter, detail, is_sample)
  ), results AS (
    INSERT INTO ping_results (ts, device_num, sent, received, status, rtt_min, rtt_avg, rtt_max, jitter)
    SELECT last_at, num, sent, received, status, rtt_min, rtt_avg, rtt_max, jitter FROM r WHERE last_at IS NOT NULL
  ), states AS (
    INSERT INTO device_state AS s (device_num, ${OF_STATE.join(', ')}, last_at, last_ok_at, ${OF_RESULT.join(', ')}, ${RINGS.join(', ')})
    SELECT num, ${OF_STATE.join(', ')}, last_at, CASE WHEN status = 0 THEN last_at END, ${OF_RESULT.join(', ')},
           CASE WHEN is_sample THEN ARRAY[extract(epoch FROM last_at)::int] ELSE '{}' END,
           CASE WHEN is_sample THEN ARRAY[loss_percent] ELSE '{}' END,
           CASE WHEN is_sample THEN ARRAY[rtt_avg] ELSE '{}' END
    FROM r
    ON CONFLICT (device_num) DO UPDATE SET
      ${OF_STATE.map((name) => `${name} = excluded.${name}`).join(', ')},
      last_at = coalesce(excluded.last_at, s.last_at), last_ok_at = coalesce(excluded.last_ok_at, s.last_ok_at),
      ${OF_RESULT.map((name) => `${name} = CASE WHEN excluded.last_at IS NULL THEN s.${name} ELSE excluded.${name} END`).join(', ')},
      ${RINGS.map((name) => `${name} = (s.${name} || excluded.${name})[greatest(1, cardinality(s.${name}) + cardinality(excluded.${name}) - ${$(13)}::int + 1):]`).join(', ')}
  ), events AS (
    INSERT INTO state_events (device_num, at, from_state, to_state, in_maintenance, excused, blind, cause, detail)
    SELECT device_num, ${at('at_ms')}, from_state, to_state, in_maintenance, excused, blind, cause, detail
    FROM ${unnest(events, states.types.length + 1, 'WITH ORDINALITY')}
      AS e (device_num, at_ms, from_state, to_state, in_maintenance, excused, blind, cause, detail, place)
    ORDER BY place
    RETURNING id, at
  ), future AS MATERIALIZED (
    SELECT id, device_num FROM state_events WHERE at > ${$(4)}::timestamptz + ${$(19)} * interval '1 millisecond'
  ), ahead AS (
    -- The clock was ahead: left where they are, they would count from that time on.
    UPDATE state_events e SET at = ${$(4)} FROM future f WHERE e.id = f.id AND f.device_num IN (SELECT num FROM r)
  ), sealed AS (
    SELECT sealed_until FROM rollup_progress WHERE name = 'ping_5m'
  ), dirty AS (
    INSERT INTO rollup_dirty (bucket)
    SELECT DISTINCT date_bin('5 minutes', last_at, '2000-01-01T00:00:00Z') FROM r, sealed WHERE last_at < sealed_until
    UNION
    -- A change that is dated back changes every bucket since; further back than this no probe looks.
    SELECT generate_series(date_bin('5 minutes', greatest(min(at), max(sealed_until) - interval '2 days'), '2000-01-01T00:00:00Z'),
                           max(sealed_until) - interval '1 microsecond', '5 minutes')
    FROM events, sealed WHERE at < sealed_until
    ON CONFLICT DO NOTHING
  ), missed AS (
    INSERT INTO cycle_misses (kind, shard, due_at, reason)
    SELECT ${$(1)}, ${$(2)}, ${at('due')}, 'not_run' FROM unnest(${$(14)}::float8[]) AS due
    ON CONFLICT DO NOTHING
  ), done AS (
    -- Taken for missed while a second worker was asked for it as well.
    DELETE FROM cycle_misses WHERE kind = ${$(1)} AND shard = ${$(2)} AND due_at = ${$(3)}
  ), vantage AS (
    UPDATE vantage_points SET blind = ${$(15)}, reason = ${$(16)}, updated_at = now(),
      since = CASE WHEN blind = ${$(15)} THEN since ELSE now() END
    WHERE name = 'default' AND ${$(15)}::bool IS NOT NULL
  ), cycle AS (
    UPDATE cycles SET started_at = ${$(4)}, duration_ms = ${$(5)}, targets = ${$(6)}, answered = ${$(7)}, failed = ${$(8)},
      unknown = ${$(9)}, candidates = ${$(10)}, lost = ${$(11)}, explained = ${$(12)},
      recorded_at = clock_timestamp()
    WHERE kind = ${$(1)} AND shard = ${$(2)} AND due_at = ${$(3)}
  )
  SELECT count(*)::int AS events,
         pg_notify('swarmward_events', json_build_object('kind', 'probe_cycle', 'cycle', ${$(17)}::text, 'shard', ${$(2)}::int,
           'due_at', ${$(18)}::text, 'events', CASE WHEN count(*) > 0
           THEN json_build_object('first', min(id), 'last', max(id), 'count', count(*)) END)::text)::text AS told
  FROM events`;
}

/** The arrays as one table, beginning with that parameter. */
function unnest({ types }: Columns, first: number, suffix = ''): string {
  return `unnest(${types.map((type, index) => `$${first + index}::${type}[]`).join(', ')}) ${suffix}`;
}
