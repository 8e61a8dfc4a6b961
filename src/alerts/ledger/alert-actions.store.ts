import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { numbered } from '../../devices/inventory/selector-sql.js';
import { ACKNOWLEDGE, actionStatement, RESOLVE, TAKE_BACK } from './alert-action-sql.js';
import { ALERT_COLUMNS } from './alert-columns.js';
import { alertConditions, type AlertFilter } from './alert-filter.js';
import type { AlertRow } from './present-alert.js';

/** How an acknowledgement is meant. */
export interface AckTerms {
  /** ISO-8601; with neither it holds until the alert is resolved. */
  until?: string | undefined;
  duration_seconds?: number | undefined;
  sticky: boolean;
  comment?: string | null | undefined;
}

export interface LockedAlert extends AlertRow {
  /** By the clock of the database. */
  is_until_ahead: boolean;
}

export interface BulkAcked {
  acknowledged: string[];
  /** Of those that were asked for by id. */
  notFiring: string[];
  isUntilAhead: boolean;
}

const SINGLE = { from: 'WHERE a.id = $1', columns: ALERT_COLUMNS };
const IS_AHEAD = (until: string) => `coalesce(${until}::timestamptz > now(), true)`;

/**
 * Writes what people do to alerts. Whoever locks several locks them in the order of their ids, and no more than is needed: who plans what is
 * told of them does not wait.
 */
@Injectable()
export class AlertActionStore {
  /** For the rest of the transaction. @param until of an acknowledgement, to be judged by the database's clock */
  async lock(id: string, manager: EntityManager, until: string | null = null): Promise<LockedAlert | undefined> {
    const [row] = await manager.query<LockedAlert[]>(
      `SELECT ${ALERT_COLUMNS}, ${IS_AHEAD('$2')} AS is_until_ahead FROM alerts a WHERE a.id = $1 FOR NO KEY UPDATE`,
      [id, until],
    );
    return row;
  }

  /** One statement, like those below; of a locked alert. */
  acknowledge(id: string, actor: string | null, terms: AckTerms, manager: EntityManager): Promise<AlertRow> {
    return first(manager, ACK_ONE, [id, actor, ...ackValues(terms)]);
  }

  takeBack(id: string, actor: string | null, acknowledgedBy: string | null, manager: EntityManager): Promise<AlertRow> {
    return first(manager, TAKE_BACK_ONE, [id, actor, acknowledgedBy]);
  }

  async resolve(id: string, actor: string | null, comment: string | null, manager: EntityManager): Promise<AlertRow> {
    // The statement does not see the event that it writes.
    return { ...(await first(manager, RESOLVE_ONE, [id, actor, comment])), resolved_by: actor };
  }

  /** Those that fire, by their ids, whoever has acknowledged them. */
  acknowledgeIds(ids: readonly string[], actor: string | null, terms: AckTerms, manager: EntityManager) {
    const pick = `SELECT a.id, a.state FROM alerts a WHERE a.id = ANY ($1::uuid[]) ORDER BY a.id FOR NO KEY UPDATE OF a`;
    return this.acknowledgePicked(pick, [ids, actor, ...ackValues(terms)], manager);
  }

  /** Those that meet the filter, at most so many. */
  acknowledgeMatching(
    filter: AlertFilter,
    limit: number,
    actor: string | null,
    terms: AckTerms,
    manager: EntityManager,
  ) {
    const conditions = alertConditions(filter);
    const values = [limit, actor, ...ackValues(terms)];
    const all = conditions.map(({ condition }) => `(${condition})`).join(' AND ');
    const where = numbered({ condition: all, values: conditions.flatMap(({ values: of }) => of) }, values.length);
    const pick = `SELECT a.id, a.state FROM alerts a WHERE ${where.text} ORDER BY a.id LIMIT $1 FOR NO KEY UPDATE OF a`;
    return this.acknowledgePicked(pick, [...values, ...where.values], manager);
  }

  private async acknowledgePicked(pick: string, values: unknown[], manager: EntityManager): Promise<BulkAcked> {
    const statement = actionStatement(ACKNOWLEDGE, {
      before: `picked AS MATERIALIZED (${pick}),`,
      from: `FROM picked p WHERE a.id = p.id AND p.state = 'firing'`,
      columns: 'a.id, a.ack_until, a.ack_sticky, a.ack_comment',
      answer: `(SELECT coalesce(json_agg(id), '[]') FROM changed) AS acknowledged,
        (SELECT coalesce(json_agg(id), '[]') FROM picked WHERE state <> 'firing') AS "notFiring", ${IS_AHEAD('$3')} AS "isUntilAhead"`,
    });
    const [row] = await manager.query<[BulkAcked]>(statement, values);
    return row;
  }
}

const single = (action: typeof RESOLVE): string =>
  `${actionStatement(action, { ...SINGLE, answer: 'changed.*' })} FROM changed`;
const ACK_ONE = single(ACKNOWLEDGE);
const TAKE_BACK_ONE = single(TAKE_BACK);
const RESOLVE_ONE = single(RESOLVE);

async function first(manager: EntityManager, statement: string, values: unknown[]): Promise<AlertRow> {
  const [row] = await manager.query<[AlertRow]>(statement, values);
  return row;
}

function ackValues({ until, duration_seconds: seconds, sticky, comment }: AckTerms): unknown[] {
  return [until ?? null, seconds ?? null, sticky, comment || null];
}
