import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { AgentCounts } from './agent-outcome.js';
import type { ItemResult } from './item-result.js';

/** A turn that was polled and is not written yet. */
export interface PolledTurn {
  kind: string;
  shard: number;
  intervalSeconds: number;
  dueAt: Date;
  startedAt: Date;
  durationMs: number;
  agents: AgentCounts;
  results: readonly ItemResult[];
  /** Since when there is something to poll; turns before it were not missed. Null: there is nothing. */
  activeSince: Date | null;
}

/** Turns that are noted as missed after a long stand-still, at most: a day of turns every 30 s. */
const MAX_MISSES = 2_880;

/** Writes turns: the tables `snmp_item_state`, `snmp_results`, `cycles` and `cycle_misses`. */
@Injectable()
export class SnmpCommitStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Writes a turn, once: in one transaction of four statements.
   * @returns false when it was written before
   */
  commit(turn: PolledTurn, session: EntityManager = this.database.manager): Promise<boolean> {
    const { kind, shard, dueAt, intervalSeconds, startedAt, durationMs, agents, results, activeSince } = turn;
    return session.transaction(async (manager) => {
      const [row] = await manager.query<{ claimed: number }[]>(CLAIM, [
        kind,
        shard,
        dueAt,
        intervalSeconds,
        startedAt,
        Math.round(durationMs),
        agents.targets,
        agents.answered,
        agents.failed,
        agents.unknown,
        activeSince,
      ]);
      if (row?.claimed !== 1) return false;
      if (results.length > 0) await manager.query(WRITE, columns(results));
      return true;
    });
  }
}

const CLAIM = `
  WITH claimed AS (
    INSERT INTO cycles (kind, shard, due_at, recorded_at, interval_seconds, started_at, duration_ms, targets, answered, failed, unknown)
    VALUES ($1, $2, $3, clock_timestamp(), $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT DO NOTHING RETURNING kind
  ), missed AS (
    INSERT INTO cycle_misses (kind, shard, due_at, reason)
    SELECT $1, $2, due, 'not_run'
    FROM claimed,
         (SELECT due_at FROM cycles WHERE kind = $1 AND shard = $2 AND due_at < $3 ORDER BY due_at DESC LIMIT 1) last,
         -- A turn that belongs to no slot (the clock was set back) stands for the nearest one.
         generate_series(1, least(${MAX_MISSES}, round(extract(epoch FROM $3::timestamptz - last.due_at) / $4::int) - 1)::int) n,
         LATERAL (SELECT $3::timestamptz - make_interval(secs => n * $4::int) AS due) turn
    WHERE due >= $11::timestamptz
    ON CONFLICT DO NOTHING
  ), done AS (
    DELETE FROM cycle_misses WHERE kind = $1 AND shard = $2 AND due_at = $3
  )
  SELECT count(*)::int AS claimed FROM claimed`;

function columns(results: readonly ItemResult[]): unknown[] {
  return [
    results.map(({ item }) => item.num),
    results.map(({ item }) => item.oid),
    results.map(({ item }) => item.valueType),
    results.map(({ item }) => item.transform),
    results.map(({ at }) => at.toISOString()),
    results.map(({ status }) => status),
    results.map(({ value }) => value),
    results.map(({ text }) => text),
    results.map(({ raw }) => raw),
    results.map(({ uptimeTicks }) => uptimeTicks),
    results.map(({ error }) => error),
    results.map(({ errorDetail }) => errorDetail),
  ];
}

/**
 * An error leaves the last value as it is: it is shown with its own time. What was deleted meanwhile, or asks for something else by
 * now, is left out; its row is locked until the end, so that this stays true. What is being changed right now is left out as well,
 * so that nobody waits for the other. One that was silent and was not asked again for want of time is still silent.
 */
const WRITE = `
  WITH found AS MATERIALIZED (
    SELECT f.*
    FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::smallint[], $7::float8[], $8::text[], $9::text[],
                $10::bigint[], $11::text[], $12::text[])
      AS f(item_num, oid, value_type, transform, at, status, value, text_value, raw, uptime_ticks, error, error_detail)
    JOIN monitoring_items i ON i.num = f.item_num AND i.oid = f.oid AND i.value_type = f.value_type AND i.transform = f.transform
    FOR SHARE OF i SKIP LOCKED
  ), history AS (
    INSERT INTO snmp_results (ts, item_num, value, status)
    SELECT at, item_num, value, status FROM found WHERE text_value IS NULL
  )
  INSERT INTO snmp_item_state AS s (item_num, at, value, text_value, raw, uptime_ticks, error, error_detail, error_since)
  SELECT item_num, CASE WHEN error IS NULL THEN at END, value, text_value, raw, uptime_ticks, error, error_detail,
         CASE WHEN error IS NOT NULL THEN at END
  FROM found
  ON CONFLICT (item_num) DO UPDATE SET
    at = coalesce(excluded.at, s.at),
    value = CASE WHEN excluded.error IS NULL THEN excluded.value ELSE s.value END,
    text_value = CASE WHEN excluded.error IS NULL THEN excluded.text_value ELSE s.text_value END,
    raw = CASE WHEN excluded.error IS NULL THEN excluded.raw ELSE s.raw END,
    uptime_ticks = CASE WHEN excluded.error IS NULL THEN excluded.uptime_ticks ELSE s.uptime_ticks END,
    error = excluded.error,
    error_detail = excluded.error_detail,
    error_since = CASE WHEN excluded.error IS NOT NULL THEN coalesce(s.error_since, excluded.error_since) END
  WHERE NOT (s.error IS NOT DISTINCT FROM 'no_response' AND excluded.error IS NOT DISTINCT FROM 'not_polled')`;
