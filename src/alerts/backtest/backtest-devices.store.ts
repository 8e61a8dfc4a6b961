import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { numbered } from '../../devices/inventory/selector-sql.js';
import { type DeviceScope, scopeCondition } from '../rules/scope-sql.js';
import type { BacktestDevice } from './backtest-tally.js';

/** Reads whom a rule is about now. */
@Injectable()
export class BacktestDevices {
  constructor(private readonly database: DataSource) {}

  /** Enabled devices, in the order of their numbers. */
  async in(scope: DeviceScope): Promise<BacktestDevice[]> {
    const { text, values } = numbered(scopeCondition(scope));
    return this.database.query(
      `SELECT d.num, d.id, d.name, d.ip, d.site_id AS "siteId", s.region
       FROM devices d LEFT JOIN sites s ON s.id = d.site_id WHERE d.enabled AND (${text}) ORDER BY d.num`,
      values,
    );
  }

  /** Ms since the epoch. */
  async now(): Promise<number> {
    const [{ now }] = await this.database.query<[{ now: Date }]>('SELECT now() AS now');
    return now.getTime();
  }
}
