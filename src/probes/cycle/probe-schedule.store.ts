import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Settings } from '../../platform/config/settings.schema.js';
import { SHARD_SIZE } from '../../devices/check-kind.js';
import { cycleKind, type ProbeCycle } from './probe-turn.js';

/** What one shard of one interval asks for. */
export interface ProbeScheduleRow {
  cycle: ProbeCycle;
  kind: string;
  intervalSeconds: number;
  shard: number;
  /** Devices that are probed; 0 when the last one was switched off and its state must still say so. */
  devices: number;
  /** Of these devices, the most packets and the longest time limit. */
  packets: number;
  timeoutMs: number;
}

/** Which schedules the inventory asks for. */
@Injectable()
export class ProbeScheduleStore {
  constructor(
    private readonly database: DataSource,
    private readonly settings: Settings,
  ) {}

  /** One query. A device that was switched off belongs to it until its state says so. */
  async wanted(): Promise<ProbeScheduleRow[]> {
    const rows = await this.database.query<Omit<ProbeScheduleRow, 'kind'>[]>(
      `SELECT CASE d.check_kind WHEN 'icmp' THEN 'ping' ELSE 'checks' END AS cycle,
              coalesce(p.ping_interval_seconds, $1::int) AS "intervalSeconds", d.num / $2::int AS shard,
              count(*) FILTER (WHERE d.enabled AND p.mode = 'standalone')::int AS devices,
              max(p.packets) AS packets, max(p.timeout_ms) AS "timeoutMs"
       FROM devices d JOIN profiles p ON p.id = d.profile_id
       WHERE (d.enabled AND p.mode = 'standalone')
          OR EXISTS (SELECT FROM device_state s WHERE s.device_num = d.num AND s.cause <> 'disabled')
       GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3`,
      [this.settings.pingIntervalSeconds, SHARD_SIZE],
    );
    return rows.map((row) => ({ ...row, kind: cycleKind(row.cycle, row.intervalSeconds) }));
  }
}
