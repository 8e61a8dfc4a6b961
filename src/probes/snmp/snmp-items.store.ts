import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SHARD_SIZE } from '../../devices/check-kind.js';
import { Settings } from '../../platform/config/settings.schema.js';
import type { CycleSlot } from '../../platform/queue/cycle-slot.js';
import { CycleStore } from '../../platform/queue/cycle.store.js';

/** An item that is due, with what its last reading left. */
export interface DueItem {
  num: number;
  oid: string;
  valueType: 'number' | 'text';
  transform: 'none' | 'rate';
  deviceNum: number;
  address: string;
  port: number;
  credentialId: string | null;
  /** Of the last good reading of a counter; all three null before it. */
  lastRaw: string | null;
  lastAt: Date | null;
  lastUptimeTicks: number | null;
  /** It did not answer the last time: asked last, so that it holds up nobody. */
  wasSilent: boolean;
}

/** What one poll found out about one item. */
export interface ItemResult {
  num: number;
  /** 0: read; 1: an error; 2: read, but a rate needs a second reading. */
  status: 0 | 1 | 2;
  value: number | null;
  text: string | null;
  raw: string | null;
  uptimeTicks: number | null;
  error: string | null;
  errorDetail: string | null;
  at: Date;
}

/** A bound on what one poll takes into memory. */
const MAX_ITEMS = SHARD_SIZE;

/** The tables `snmp_item_state` and `snmp_results`. */
@Injectable()
export class SnmpItemsStore {
  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
    private readonly cycles: CycleStore,
  ) {}

  /** The enabled items of an interval and shard, devices together, those that were silent last. One statement. */
  due(intervalSeconds: number, shard: number): Promise<DueItem[]> {
    return this.database.query(
      `SELECT i.num, i.oid, i.value_type AS "valueType", i.transform, d.num AS "deviceNum", d.ip AS address, d.snmp_port AS port,
              d.snmp_credential_id AS "credentialId", s.raw AS "lastRaw", s.at AS "lastAt",
              s.uptime_ticks::float8 AS "lastUptimeTicks", coalesce(s.error = 'no_response', false) AS "wasSilent"
       FROM monitoring_items i
       JOIN devices d ON d.id = i.device_id AND d.enabled
       JOIN profiles p ON p.id = d.profile_id
       LEFT JOIN snmp_item_state s ON s.item_num = i.num
       WHERE i.enabled AND i.num >= $1 AND i.num < $2
         AND coalesce(i.interval_seconds, p.snmp_interval_seconds, $3) = $4
       ORDER BY bool_or(coalesce(s.error = 'no_response', false)) OVER (PARTITION BY d.num), d.num, i.num
       LIMIT ${MAX_ITEMS}`,
      [shard * SHARD_SIZE, (shard + 1) * SHARD_SIZE, this.settings.snmpIntervalSeconds, intervalSeconds],
    );
  }

  /**
   * Writes a turn, once: in one transaction of four statements.
   * @returns false when somebody else has written it
   */
  record(slot: CycleSlot | null, results: readonly ItemResult[]): Promise<boolean> {
    return this.database.transaction(async (manager) => {
      if (slot && !(await this.cycles.claim(slot, manager))) return false;
      if (results.length > 0) await manager.query(WRITE, columns(results));
      return true;
    });
  }
}

function columns(results: readonly ItemResult[]): unknown[] {
  return [
    results.map(({ num }) => num),
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

/** An error leaves the last value as it is: it is shown with its own time. Items deleted meanwhile are left out. */
const WRITE = `
  WITH found AS (
    SELECT f.* FROM unnest($1::int[], $2::timestamptz[], $3::smallint[], $4::float8[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[])
      AS f(item_num, at, status, value, text_value, raw, uptime_ticks, error, error_detail)
    WHERE EXISTS (SELECT FROM monitoring_items i WHERE i.num = f.item_num)),
  history AS (
    INSERT INTO snmp_results (ts, item_num, value, status)
    SELECT at, item_num, value, status FROM found WHERE text_value IS NULL)
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
    error_since = CASE WHEN excluded.error IS NOT NULL THEN coalesce(s.error_since, excluded.error_since) END`;
