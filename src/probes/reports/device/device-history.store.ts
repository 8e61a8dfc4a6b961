import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Page } from '../../../platform/http/envelope.js';
import { listRows } from '../../../platform/security/list-rows.store.js';
import { timeRange } from '../time-range.js';
import type { PingDto, PingsQuery, StateEventDto, StateEventsQuery } from './device-reports.dto.js';

type PingRow = Omit<PingDto, 'at' | 'status'> & { at: Date; status: number; _at: string; _id: string };
type EventRow = Omit<StateEventDto, 'at' | 'recorded_at'> & { at: Date; recorded_at: Date; _at: string; _id: string };

const STATUSES = ['ok', 'failed', 'unknown'] as const;

/** What happened to one device, newest first. */
@Injectable()
export class DeviceHistory {
  constructor(private readonly database: DataSource) {}

  /** Of the last day, when no range is asked for: so only the partitions of the range are read. */
  pings(num: number, query: PingsQuery, now: number): Promise<Page<unknown>> {
    const range = timeRange(query.filters, { now, defaultDays: 1 });
    const list = {
      select: `ts AS at, status, sent, received, CASE WHEN sent > 0 THEN (sent - received) * 100.0::float8 / sent END AS loss_percent,
        rtt_min AS rtt_min_ms, rtt_avg AS rtt_avg_ms, rtt_max AS rtt_max_ms, jitter AS jitter_ms`,
      from: 'ping_results',
      // A device begins one probe at a time, so the time alone tells its results apart.
      id: { expression: 'device_num', type: 'integer' },
      sort: { at: { expression: 'ts', type: 'timestamptz' } },
      where: [
        { condition: 'device_num = ?', values: [num] },
        { condition: 'ts >= ?::timestamptz', values: [new Date(range.from).toISOString()] },
        { condition: 'ts < ?::timestamptz', values: [new Date(range.to).toISOString()] },
      ],
    };
    return listRows(this.database, list, query, ({ _at, _id, at, status, ...row }: PingRow) => ({
      at: at.toISOString(),
      status: STATUSES[status] ?? 'unknown',
      ...row,
    }));
  }

  events(num: number, query: StateEventsQuery): Promise<Page<unknown>> {
    const { from, to } = query.filters;
    const list = {
      select:
        'id, at, from_state AS "from", to_state AS "to", cause, in_maintenance, excused, blind, detail, recorded_at',
      from: 'state_events',
      id: { expression: 'id', type: 'bigint' },
      sort: { at: { expression: 'at', type: 'timestamptz' } },
      where: [
        { condition: 'device_num = ?', values: [num] },
        ...(from ? [{ condition: 'at >= ?::timestamptz', values: [from] }] : []),
        ...(to ? [{ condition: 'at < ?::timestamptz', values: [to] }] : []),
      ],
    };
    return listRows(this.database, list, query, ({ _at, _id, at, recorded_at, ...row }: EventRow) => ({
      ...row,
      at: at.toISOString(),
      recorded_at: recorded_at.toISOString(),
    }));
  }
}
