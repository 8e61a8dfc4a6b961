import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Page } from '../http/envelope.js';
import type { AuditEntryDto, AuditQuery } from './audit.dto.js';
import { listRows } from './list-rows.store.js';

type AuditRow = Omit<AuditEntryDto, 'at'> & { at: Date; _at: string; _id: string };

const CONDITIONS = {
  actor: 'actor = ?',
  action: 'action = ?',
  subject_type: 'subject_type = ?',
  subject_id: 'subject_id = ?',
  from: 'at >= ?::timestamptz',
  to: 'at < ?::timestamptz',
} satisfies Record<keyof AuditQuery['filters'], string>;

/** Reads the audit log. */
@Injectable()
export class AuditReader {
  constructor(private readonly database: DataSource) {}

  list(query: AuditQuery): Promise<Page<unknown>> {
    const names = Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[];
    const where = names
      .filter((name) => query.filters[name] !== undefined)
      .map((name) => ({ condition: CONDITIONS[name], values: [query.filters[name]] as unknown[] }));
    if (query.q) {
      const text = `lower(concat_ws(' ', actor, action, subject_type, subject_id))`;
      where.push({ condition: `position(lower(?) in ${text}) > 0`, values: [query.q] });
    }
    const list = {
      select:
        'id, at, actor, actor_token_id, action, subject_type, subject_id, request_id, remote_address, before, after',
      from: 'audit_log',
      id: { expression: 'id', type: 'bigint' },
      sort: { at: { expression: 'at', type: 'timestamptz' } },
      where,
    };
    return listRows(this.database, list, query, ({ _at, _id, at, ...row }: AuditRow) => ({
      ...row,
      at: at.toISOString(),
    }));
  }
}
