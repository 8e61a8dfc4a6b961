import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AlertFacts } from './alert-facts.js';

/** An alert `a` as {@link AlertFacts}. */
export const FACTS = `
  a.id, a.fingerprint, a.rule_id AS "ruleId", a.rule_name AS "ruleName", a.severity, a.state, a.target_kind AS "targetKind",
  a.target_key AS "targetKey", a.target_name AS "targetName", a.device_id AS "deviceId", a.site_id AS "siteId", a.site_name AS "siteName",
  s.region, a.labels, a.summary, a.value, a.runbook_url AS "runbookUrl", a.fired_at AS "firedAt", a.resolved_at AS "resolvedAt", a.resolution,
  (a.ack_at IS NOT NULL AND (a.ack_until IS NULL OR a.ack_until > now())) AS acknowledged, (a.suppressed_by IS NOT NULL) AS suppressed,
  coalesce(r.group_by, '{site}') AS "groupBy", coalesce(r.channel_ids, '{}') AS "channelIds"`;
export const FACTS_JOINS = 'LEFT JOIN alert_rules r ON r.id = a.rule_id LEFT JOIN sites s ON s.id = a.site_id';

/** What telling needs to know of alerts, and the one thing it says back. */
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

  /** Nobody was told that these fire after all: they are told anew when what kept them back has ended. */
  async untell(ids: readonly string[], manager: EntityManager): Promise<void> {
    if (ids.length === 0) return;
    await manager.query(
      `UPDATE alerts SET announced_at = NULL, updated_at = now() WHERE id = ANY ($1::uuid[]) AND state = 'firing'`,
      [ids],
    );
  }
}
