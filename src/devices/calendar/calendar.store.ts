import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { selectorCondition } from '../inventory/selector-sql.js';
import type { Selector } from '../selector.js';
import { MaintenanceWindow } from './maintenance-window.entity.js';

/** Single windows that were over before this are of no interest any more. */
const LOOK_BACK = "interval '8 days'";
/** Enabled windows are bounded when they are made; those that were ended since are not. */
const MAX_LOADED = 1_000;

/** Reads windows, and whom they are about. */
@Injectable()
export class CalendarStore {
  constructor(private readonly database: DataSource) {}

  /** Those that are, were lately or may become active. One statement. */
  near(now: Date): Promise<MaintenanceWindow[]> {
    return this.database.manager
      .createQueryBuilder(MaintenanceWindow, 'w')
      .where(`w.enabled AND (w.rrule IS NOT NULL OR w.ends_at > :now::timestamptz - ${LOOK_BACK})`, { now })
      .orderBy('(w.rrule IS NULL AND w.ends_at <= :now)', 'ASC')
      .addOrderBy('w.ends_at', 'DESC')
      .limit(MAX_LOADED)
      .getMany();
  }

  /** For each device number the places (in `scopes`) of those that choose it. One statement, whatever their number. */
  async devicesOf(scopes: readonly Selector[]): Promise<{ num: number; places: number[] }[]> {
    if (scopes.length === 0) return [];
    const values: unknown[] = [];
    const parts = scopes.map((scope, place) => {
      const { condition, values: bound } = selectorCondition(scope);
      let next = 0;
      const text = condition.replace(/\?/g, () => `$${values.push(bound[next++])}`);
      return `SELECT d.num, ${place} AS place FROM devices d WHERE ${text}`;
    });
    return this.database.query(
      `SELECT num, array_agg(place ORDER BY place) AS places FROM (${parts.join(' UNION ALL ')}) chosen GROUP BY num`,
      values,
    );
  }
}
