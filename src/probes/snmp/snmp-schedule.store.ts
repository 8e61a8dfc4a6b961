import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SHARD_SIZE } from '../../devices/check-kind.js';
import { Settings } from '../../platform/config/settings.schema.js';

/** What one shard of items of one interval asks for. */
export interface SnmpScheduleRow {
  /** Of the rows in `cycles`, such as `snmp-60`. */
  kind: string;
  intervalSeconds: number;
  shard: number;
  items: number;
  devices: number;
}

export const snmpKind = (intervalSeconds: number): string => `snmp-${intervalSeconds}`;

/** Which schedules the items ask for. */
@Injectable()
export class SnmpScheduleStore {
  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
  ) {}

  /** One query. */
  async wanted(): Promise<SnmpScheduleRow[]> {
    const rows = await this.database.query<Omit<SnmpScheduleRow, 'kind'>[]>(
      `SELECT "intervalSeconds", shard, sum(items)::int AS items, count(*)::int AS devices
       FROM (SELECT coalesce(i.interval_seconds, p.snmp_interval_seconds, $1::int) AS "intervalSeconds", i.num / $2::int AS shard,
                    count(*) AS items
             FROM monitoring_items i JOIN devices d ON d.id = i.device_id JOIN profiles p ON p.id = d.profile_id
             WHERE i.enabled AND d.enabled GROUP BY 1, 2, d.num) of_device
       GROUP BY 1, 2 ORDER BY 1, 2`,
      [this.settings.snmpIntervalSeconds, SHARD_SIZE],
    );
    return rows.map((row) => ({ kind: snmpKind(row.intervalSeconds), ...row }));
  }
}
