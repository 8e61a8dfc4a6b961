import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Settings } from '../../platform/config/settings.schema.js';
import { ProblemException } from '../../platform/http/problem.js';
import { SHARD_SIZE } from '../check-kind.js';
import { findOverload, overloadMessage, type PingBatch } from './ping-budget.js';

/** Keeps what is asked of fping within what it can do. */
@Injectable()
export class PingBudget {
  constructor(private readonly settings: Settings) {}

  /**
   * Looks at all enabled ICMP devices as the transaction sees them: call it after the write, in the same transaction, holding the
   * inventory's lock. One statement.
   * @throws ProblemException `interval_unachievable`
   */
  async check(manager: EntityManager): Promise<void> {
    const batches = await manager.query<PingBatch[]>(
      `SELECT coalesce(p.ping_interval_seconds, $1) AS "intervalSeconds", d.num / ${SHARD_SIZE} AS shard, p.packets,
              p.timeout_ms AS "timeoutMs", count(*)::int AS devices
       FROM devices d JOIN profiles p ON p.id = d.profile_id
       WHERE d.enabled AND d.check_kind = 'icmp' AND p.mode = 'standalone'
       GROUP BY 1, 2, 3, 4`,
      [this.settings.pingIntervalSeconds],
    );
    this.judge(batches);
  }

  /** Whether one device could be pinged so at all. @throws ProblemException `interval_unachievable` */
  checkProfile(profile: {
    ping_interval_seconds: number | null;
    packets: number;
    timeout_ms: number;
    mode: string;
  }): void {
    if (profile.mode !== 'standalone') return;
    const { ping_interval_seconds, packets, timeout_ms: timeoutMs } = profile;
    const intervalSeconds = ping_interval_seconds ?? this.settings.pingIntervalSeconds;
    this.judge([{ intervalSeconds, shard: 0, packets, timeoutMs, devices: 1 }]);
  }

  private judge(batches: PingBatch[]): void {
    const overload = findOverload(batches);
    if (overload) throw new ProblemException('interval_unachievable', { detail: overloadMessage(overload) });
  }
}
