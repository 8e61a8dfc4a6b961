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
    const { text, values } = eachOf(scopes, 'd.num');
    return this.database.query(
      `SELECT num, array_agg(place ORDER BY place) AS places FROM (${text}) chosen GROUP BY num`,
      values,
    );
  }

  /** How many devices each of them chooses now. One statement, whatever their number. */
  async countsOf(scopes: readonly Selector[]): Promise<number[]> {
    if (scopes.length === 0) return [];
    const words = scopes.map((scope) => JSON.stringify(scope));
    const different = [...new Set(words)];
    const { text, values } = eachOf(
      different.map((word) => JSON.parse(word) as Selector),
      'count(*)::int AS devices',
    );
    const rows = await this.database.query<{ devices: number; place: number }[]>(text, values);
    const counts = new Map(rows.map(({ devices, place }) => [different[place]!, devices]));
    return words.map((word) => counts.get(word)!);
  }
}

function eachOf(scopes: readonly Selector[], what: string): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const parts = scopes.map((scope, place) => {
    const { condition, values: bound } = selectorCondition(scope);
    let next = 0;
    const text = condition.replace(/\?/g, () => `$${values.push(bound[next++])}`);
    return `SELECT ${what}, ${place} AS place FROM devices d WHERE ${text}`;
  });
  return { text: parts.join(' UNION ALL '), values };
}
