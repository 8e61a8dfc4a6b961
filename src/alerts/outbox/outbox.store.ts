import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { OutboxKind } from '../engine/alert.js';
import type { AlertFacts, OutboxItem } from './alert-facts.js';
import { FACTS, FACTS_JOINS } from './alert-facts.store.js';

type Row = AlertFacts & { _kind: OutboxKind; _at: Date };

/** What transitions left to be told. */
@Injectable()
export class Outbox {
  /**
   * Takes the oldest for good, those that another transaction is taking left out. One statement.
   * @param manager of the transaction that decides who is told: without its commit nothing was taken
   */
  async take(limit: number, manager: EntityManager): Promise<OutboxItem[]> {
    const rows = await manager.query<Row[]>(
      `WITH picked AS (SELECT id FROM alert_outbox WHERE taken_at IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED),
       taken AS (UPDATE alert_outbox o SET taken_at = now() FROM picked WHERE o.id = picked.id RETURNING o.id, o.alert_id, o.kind, o.at)
       SELECT t.kind AS _kind, t.at AS _at, ${FACTS}
       FROM taken t JOIN alerts a ON a.id = t.alert_id ${FACTS_JOINS} ORDER BY t.id`,
      [limit],
    );
    return rows.map(({ _kind: kind, _at: at, ...alert }) => ({ kind, at, alert }));
  }

  /** Takes the oldest, which cannot be told, so that it holds up no other. @returns the id of its alert; null when there is none */
  async setAside(manager: EntityManager): Promise<string | null> {
    const [row] = await manager.query<{ id: string }[]>(
      `WITH picked AS (SELECT id FROM alert_outbox WHERE taken_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED),
       taken AS (UPDATE alert_outbox o SET taken_at = now() FROM picked WHERE o.id = picked.id RETURNING o.alert_id, o.kind),
       untold AS (UPDATE alerts a SET untold_at = clock_timestamp() FROM taken t WHERE a.id = t.alert_id AND t.kind = 'firing' AND a.state = 'firing')
       SELECT alert_id AS id FROM taken`,
    );
    return row?.id ?? null;
  }
}
