import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SHARD_SIZE } from '../../devices/check-kind.js';
import { Settings } from '../../platform/config/settings.schema.js';
import type { AskedItem, LastReading } from './item-result.js';

/** An item that is due, with what its last reading left. */
export interface DueItem extends AskedItem, LastReading {
  deviceNum: number;
  address: string;
  port: number;
  credentialId: string | null;
  /** It did not answer the last time: asked last, so that it holds up nobody. */
  wasSilent: boolean;
  /** When it, its device or its profile changed last: since then it is polled like this. */
  changedAt: Date;
}

/** Which items are to be polled. */
@Injectable()
export class SnmpItemsStore {
  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
  ) {}

  /** The enabled items of an interval and shard, those that were silent last, in any order. One statement. */
  due(intervalSeconds: number, shard: number, session: EntityManager = this.database.manager): Promise<DueItem[]> {
    const first = shard * SHARD_SIZE;
    return session.query(DUE, [first, first + SHARD_SIZE, this.settings.snmpIntervalSeconds, intervalSeconds]);
  }
}

/**
 * What belongs to the shard first, then the interval: PostgreSQL takes that for rare, and would otherwise look up one by one what
 * belongs to each item.
 */
const DUE = `
  WITH i AS MATERIALIZED (
    SELECT i.num, i.oid, i.value_type, i.transform, i.interval_seconds, d.profile_id, d.num AS device_num, d.ip, d.snmp_port,
           d.snmp_credential_id, greatest(i.updated_at, d.updated_at) AS updated_at
    FROM monitoring_items i JOIN devices d ON d.id = i.device_id
    WHERE i.num >= $1 AND i.num < $2 AND i.enabled AND d.enabled
  ), s AS MATERIALIZED (
    SELECT item_num, raw, at, uptime_ticks, error FROM snmp_item_state WHERE item_num >= $1 AND item_num < $2
  )
  SELECT i.num, i.oid, i.value_type AS "valueType", i.transform, i.device_num AS "deviceNum", i.ip AS address, i.snmp_port AS port,
         i.snmp_credential_id AS "credentialId", s.raw AS "lastRaw", s.at AS "lastAt", s.uptime_ticks::float8 AS "lastUptimeTicks",
         coalesce(s.error = 'no_response', false) AS "wasSilent", greatest(i.updated_at, p.updated_at) AS "changedAt"
  FROM i JOIN profiles p ON p.id = i.profile_id LEFT JOIN s ON s.item_num = i.num
  WHERE coalesce(i.interval_seconds, p.snmp_interval_seconds, $3::int) = $4::int
  ORDER BY "wasSilent", CASE WHEN s.error = 'no_response' THEN random() END, i.device_num, i.num`;
