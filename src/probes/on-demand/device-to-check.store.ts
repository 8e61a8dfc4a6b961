import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CheckKind } from '../../devices/check-kind.js';
import type { ProbeTarget } from '../drivers/probe-driver.port.js';

/** A device as its driver is asked about it. */
export interface DeviceToCheck {
  kind: CheckKind;
  target: ProbeTarget;
}

interface Row {
  num: number;
  ip: string;
  check_kind: CheckKind;
  port: number | null;
  url: string | null;
  expected_status: string | null;
  expected_body: string | null;
  refused_is_up: boolean;
  verify_tls: boolean;
  packets: number;
  timeout_ms: number;
}

/** Reads one device, enabled or not. */
@Injectable()
export class DeviceToCheckStore {
  constructor(private readonly database: DataSource) {}

  async exists(id: string): Promise<boolean> {
    const found = await this.database.query<unknown[]>('SELECT 1 FROM devices WHERE id = $1', [id]);
    return found.length > 0;
  }

  /** @returns null when there is none (any more) */
  async find(id: string): Promise<DeviceToCheck | null> {
    const [row] = await this.database.query<Row[]>(
      `SELECT d.num, d.ip, d.check_kind, d.port, d.url, d.expected_status, d.expected_body, d.refused_is_up, d.verify_tls,
              p.packets, p.timeout_ms
       FROM devices d JOIN profiles p ON p.id = d.profile_id WHERE d.id = $1`,
      [id],
    );
    if (!row) return null;
    const icmp = row.check_kind === 'icmp';
    const target = {
      num: row.num,
      address: row.ip,
      packets: row.packets,
      timeoutMs: row.timeout_ms,
      // A device may keep those of another kind of check.
      port: icmp ? null : row.port,
      url: row.check_kind === 'http' ? row.url : null,
      expectedStatus: row.expected_status,
      expectedBody: row.expected_body,
      refusedIsUp: row.refused_is_up,
      verifyTls: row.verify_tls,
    };
    return { kind: row.check_kind, target };
  }
}
