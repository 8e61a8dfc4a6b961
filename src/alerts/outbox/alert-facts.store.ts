import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { encodeNotice, NOTICE_CHANNEL } from '../../platform/events/notice.js';
import { RESOLVED_BY } from '../resolved-by-sql.js';
import type { AlertFacts } from './alert-facts.js';

/** An alert `a` as {@link AlertFacts}. */
export const FACTS = `
  a.id, a.fingerprint, r.id AS "ruleId", a.rule_name AS "ruleName", a.severity, a.state, a.target_kind AS "targetKind",
  a.target_key AS "targetKey", a.target_name AS "targetName", a.device_id AS "deviceId", a.site_id AS "siteId", a.site_name AS "siteName",
  s.region, a.labels, a.summary, a.value, a.runbook_url AS "runbookUrl", coalesce(a.began_at, a.pending_since) AS "beganAt",
  a.fired_at AS "firedAt", a.resolved_at AS "resolvedAt", a.resolution, ${RESOLVED_BY} AS "resolvedBy",
  (a.ack_at IS NOT NULL AND (a.ack_until IS NULL OR a.ack_until > now())) AS acknowledged, (a.suppressed_by IS NOT NULL) AS suppressed,
  coalesce(r.group_by, '{site}') AS "groupBy", coalesce(r.channel_ids, '{}') AS "channelIds"`;
export const FACTS_JOINS = 'LEFT JOIN alert_rules r ON r.id = a.rule_id LEFT JOIN sites s ON s.id = a.site_id';

/** `$1` ids. In their order, as everybody does who locks several. */
const LOCKED = `locked AS MATERIALIZED (
  SELECT id, state FROM alerts WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE)`;

/** What telling needs to know of alerts, and what it says back. */
@Injectable()
export class AlertFactsStore {
  /** By id; those that there are. One statement. */
  async of(ids: readonly string[], manager: EntityManager): Promise<Map<string, AlertFacts>> {
    if (ids.length === 0) return new Map();
    const rows = await manager.query<AlertFacts[]>(
      `SELECT ${FACTS} FROM alerts a ${FACTS_JOINS} WHERE a.id = ANY ($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Nobody was told that these fire after all: they are told anew when what kept them back has ended, which may be now. */
  async untell(ids: readonly string[], manager: EntityManager): Promise<void> {
    if (ids.length === 0) return;
    await manager.query(
      `WITH ${LOCKED}, untold AS (
         UPDATE alerts SET announced_at = NULL, untold_at = NULL, updated_at = now()
         WHERE id IN (SELECT id FROM locked WHERE state = 'firing') RETURNING 1)
       SELECT pg_notify($2, $3) WHERE EXISTS (SELECT FROM untold)`,
      [ids, NOTICE_CHANNEL, encodeNotice({ kind: 'alerts_untold' })],
    );
  }

  /** There is no channel for these: nobody knows that they fire. They are told when there is one, see {@link untold}. */
  async setUntold(ids: readonly string[], manager: EntityManager): Promise<void> {
    if (ids.length === 0) return;
    await manager.query(
      `WITH ${LOCKED} UPDATE alerts SET untold_at = clock_timestamp(), updated_at = now()
       WHERE id IN (SELECT id FROM locked WHERE state = 'firing')`,
      [ids],
    );
  }

  /** These are told now. */
  async setTold(ids: readonly string[], manager: EntityManager): Promise<void> {
    if (ids.length === 0) return;
    await manager.query(
      `WITH ${LOCKED} UPDATE alerts SET untold_at = NULL, announced_at = now(), updated_at = now() WHERE id IN (SELECT id FROM locked)`,
      [ids],
    );
  }

  /**
   * Those that fire and that there was no channel for when they were last looked at, and that not after `before`; or in a future that a clock
   * set back has made of the past. Locked.
   */
  async untold(before: string, limit: number, manager: EntityManager): Promise<string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT id FROM alerts WHERE untold_at IS NOT NULL AND state = 'firing'
         AND (untold_at <= $1::timestamptz OR untold_at > now() + interval '5 seconds')
       ORDER BY untold_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
      [before, limit],
    );
    return rows.map(({ id }) => id);
  }
}
