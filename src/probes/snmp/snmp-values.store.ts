import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { selectorCondition } from '../../devices/inventory/selector-sql.js';
import { isUuid } from '../../devices/inventory/uuid.js';
import type { Page } from '../../platform/http/envelope.js';
import { ProblemException } from '../../platform/http/problem.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { timeRange } from '../reports/time-range.js';
import type { ItemHistoryDto, ItemHistoryQuery, SnmpValueDto, SnmpValuesQuery } from './snmp-values.dto.js';

type ValueRow = Omit<SnmpValueDto, 'at' | 'error_since'> & {
  at: Date | null;
  error_since: Date | null;
  _at: string;
  _id: string;
};
type HistoryRow = { at: Date; value: number | null; status: number; _at: string; _id: string };

const STATUSES = ['ok', 'failed', 'unknown'] as const satisfies ItemHistoryDto['status'][];

/** What agents said. */
@Injectable()
export class SnmpValues {
  constructor(private readonly database: DataSource) {}

  /** The latest value of each item that is polled. */
  latest(query: SnmpValuesQuery): Promise<Page<unknown>> {
    const { device, site, error } = query.filters;
    const { q } = query;
    const list = {
      select: `jsonb_build_object('id', d.id, 'name', d.name) AS device,
        jsonb_build_object('id', i.id, 'name', i.name, 'oid', i.oid, 'units', i.units, 'value_type', i.value_type) AS item,
        s.value, s.text_value, s.at, s.error, s.error_detail, s.error_since`,
      from: 'monitoring_items i JOIN devices d ON d.id = i.device_id LEFT JOIN snmp_item_state s ON s.item_num = i.num',
      id: { expression: 'i.id', type: 'uuid' },
      sort: {
        device_name: { expression: 'd.name', type: 'text' },
        name: { expression: 'i.name', type: 'text' },
        at: { expression: `coalesce(s.at, '-infinity')`, type: 'timestamptz' },
      },
      where: [
        { condition: 'i.enabled AND d.enabled', values: [] },
        ...(device ? [{ condition: isUuid(device) ? 'd.id = ?' : 'd.name = ?', values: [device] }] : []),
        ...(site ? [selectorCondition({ sites: [site] })] : []),
        ...(error === undefined ? [] : [{ condition: `s.error IS ${error ? 'NOT ' : ''}NULL`, values: [] }]),
        ...(q ? [{ condition: SEARCH, values: [q, q, q] }] : []),
      ],
    };
    return listRows(this.database, list, query, ({ _at, _id, at, error_since, ...row }: ValueRow) => ({
      ...row,
      at: at?.toISOString() ?? null,
      error_since: error_since?.toISOString() ?? null,
    }));
  }

  /**
   * Of the last day, when no range is asked for: so only the partitions of the range are read.
   * @throws ProblemException `item_not_found`
   */
  async history(itemId: string, query: ItemHistoryQuery, now: number): Promise<Page<unknown>> {
    const range = timeRange(query.filters, { now, defaultDays: 1 });
    const [item] = await this.database.query<{ num: number }[]>('SELECT num FROM monitoring_items WHERE id = $1', [
      itemId,
    ]);
    if (!item) throw new ProblemException('item_not_found');
    const list = {
      select: 'ts AS at, value, status',
      from: 'snmp_results',
      // An item is polled once at a time, so the time alone tells its values apart.
      id: { expression: 'item_num', type: 'integer' },
      sort: { at: { expression: 'ts', type: 'timestamptz' } },
      where: [
        { condition: 'item_num = ?', values: [item.num] },
        { condition: 'ts >= ?::timestamptz', values: [new Date(range.from).toISOString()] },
        { condition: 'ts < ?::timestamptz', values: [new Date(range.to).toISOString()] },
      ],
    };
    return listRows(this.database, list, query, ({ at, value, status }: HistoryRow) => ({
      at: at.toISOString(),
      value,
      status: STATUSES[status] ?? 'unknown',
    }));
  }
}

const SEARCH =
  'position(lower(?) in lower(d.name)) > 0 OR position(lower(?) in lower(i.name)) > 0 OR position(? in i.oid) > 0';
