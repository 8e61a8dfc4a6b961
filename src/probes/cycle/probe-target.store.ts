import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Settings } from '../../platform/config/settings.schema.js';
import { SHARD_SIZE } from '../../devices/check-kind.js';
import type { DriverName, ProbeTarget } from '../drivers/probe-driver.port.js';
import { DRIVERS_OF, type ProbeTurn } from './probe-turn.js';

/** A device as its driver wants it. */
export interface DeviceTarget extends ProbeTarget {
  driver: DriverName;
}

/** Which devices a turn is about. */
@Injectable()
export class ProbeTargetStore {
  constructor(private readonly settings: Settings) {}

  /** One query, whatever the number of devices. */
  targetsOf(
    { cycle, intervalSeconds, shard }: Omit<ProbeTurn, 'dueAt' | 'kind'>,
    session: EntityManager,
  ): Promise<DeviceTarget[]> {
    const first = shard * SHARD_SIZE;
    return session.query(
      `SELECT d.num, d.check_kind AS driver, d.ip AS address, p.packets, p.timeout_ms AS "timeoutMs", d.port, d.url,
              d.expected_status AS "expectedStatus", d.expected_body AS "expectedBody", d.refused_is_up AS "refusedIsUp",
              d.verify_tls AS "verifyTls"
       FROM devices d JOIN profiles p ON p.id = d.profile_id
       WHERE d.num BETWEEN $1 AND $2 AND d.enabled AND p.mode = 'standalone' AND d.check_kind = ANY ($3)
         AND coalesce(p.ping_interval_seconds, $4) = $5
       ORDER BY d.num`,
      [first, first + SHARD_SIZE - 1, DRIVERS_OF[cycle], this.settings.pingIntervalSeconds, intervalSeconds],
    );
  }
}
