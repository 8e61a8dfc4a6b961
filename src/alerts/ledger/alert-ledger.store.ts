import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Page } from '../../platform/http/envelope.js';
import { ProblemException } from '../../platform/http/problem.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { ALERT_COLUMNS, BEGAN_AT } from './alert-columns.js';
import { severityOrder } from '../severity-sql.js';
import { alertConditions } from './alert-filter.js';
import type { AlertDto, AlertEventDto, AlertEventsQuery, AlertsQuery } from './alerts.dto.js';
import { type AlertRow, presentAlert } from './present-alert.js';

type Listed<Row> = Row & { _at: string; _id: string };

/** Reads alerts and what happened to them. */
@Injectable()
export class AlertLedger {
  constructor(private readonly database: DataSource) {}

  list(query: AlertsQuery): Promise<Page<unknown>> {
    const list = {
      select: ALERT_COLUMNS,
      from: 'alerts a',
      id: { expression: 'a.id', type: 'uuid' },
      sort: {
        fired_at: { expression: BEGAN_AT, type: 'timestamptz' },
        severity: { expression: severityOrder('a.severity'), type: 'int' },
        resolved_at: { expression: `coalesce(a.resolved_at, 'infinity')`, type: 'timestamptz' },
        updated_at: { expression: 'a.updated_at', type: 'timestamptz' },
        rule_name: { expression: 'a.rule_name', type: 'text' },
        target_name: { expression: 'a.target_name', type: 'text' },
      },
      where: alertConditions({ ...query.filters, q: query.q }),
    };
    return listRows(this.database, list, query, (row: Listed<AlertRow>) => presentAlert(row));
  }

  /** @throws ProblemException `alert_not_found` */
  async one(id: string): Promise<AlertDto> {
    const [row] = await this.database.query<AlertRow[]>(`SELECT ${ALERT_COLUMNS} FROM alerts a WHERE a.id = $1`, [id]);
    if (!row) throw new ProblemException('alert_not_found');
    return presentAlert(row);
  }

  /** @throws ProblemException `alert_not_found` */
  async events(id: string, query: AlertEventsQuery): Promise<Page<unknown>> {
    const found = await this.database.query<unknown[]>('SELECT FROM alerts WHERE id = $1', [id]);
    if (found.length === 0) throw new ProblemException('alert_not_found');
    const list = {
      select: 'e.id, e.at, e.kind, e.actor, e.detail',
      from: 'alert_events e',
      id: { expression: 'e.id', type: 'bigint' },
      // Ids ascend with time, and a clock that was set back does not mix them.
      sort: { at: { expression: 'e.id', type: 'bigint' } },
      where: [{ condition: 'e.alert_id = ?', values: [id] }],
    };
    return listRows(this.database, list, query, ({ _at, _id, id: event, at, ...rest }: Listed<EventRow>) => ({
      id: event,
      at: at.toISOString(),
      ...rest,
    }));
  }
}

type EventRow = Omit<AlertEventDto, 'at'> & { at: Date };
