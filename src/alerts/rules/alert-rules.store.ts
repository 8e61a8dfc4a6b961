import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { isViolation } from '../../platform/database/violation.js';
import { encodeNotice, NOTICE_CHANNEL } from '../../platform/events/notice.js';
import { ProblemException } from '../../platform/http/problem.js';
import type { ChangedRow, RuleRow } from './rule-row.js';
import { withReadableParts } from './stored-rule-parts.js';

/** The evaluator reads all of them at once. */
export const MAX_RULES = 2_000;

/** Columns of a {@link RuleRow}, of `alert_rules r`. */
export const RULE_ROW = `r.id, r.key, r.name, r.description, r.enabled, r.severity, r.scope, r.condition, r.expression, r.for_seconds,
  r.recovery_condition, r.recovery_expression, r.recovery_for_seconds, r.keep_firing_seconds, r.no_data, r.group_by, r.labels, r.message,
  r.runbook_url, r.channel_ids, r.version, r.broken_reason, r.broken_at, r.created_at, r.updated_at`;
const COLUMNS = RULE_ROW.replaceAll('r.', '');
const SETS = COLUMNS.split(',')
  .map((name) => name.trim())
  .filter((name) => !['id', 'key', 'created_at'].includes(name))
  .map((name) => `${name} = ${name === 'scope' ? 'coalesce(n.scope, r.scope)' : `n.${name}`}`);
/** Evaluators open alerts meanwhile. */
const LOCK = ' FOR NO KEY UPDATE';
const TURN =
  "SELECT pg_advisory_xact_lock(hashtextextended('alert-rules', 0)), pg_notify($1, $2), clock_timestamp() AS now";
const NOTICE = [NOTICE_CHANNEL, encodeNotice({ kind: 'alert_rules_changed' })];

/** Reads and writes rules, any number in one statement. */
@Injectable()
export class AlertRuleStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Runs `work` in a transaction, one after another over all processes. Evaluators hear of it at the commit.
   * @param rehearsal nothing of it stays
   * @throws ProblemException `name_taken`
   */
  async write<T>(work: (manager: EntityManager, now: Date) => Promise<T>, rehearsal = false): Promise<T> {
    const runner = this.database.createQueryRunner();
    try {
      await runner.startTransaction();
      const [{ now }]: [{ now: Date }] = await runner.query(TURN, NOTICE);
      const result = await work(runner.manager, now);
      if (!rehearsal) await runner.commitTransaction();
      return result;
    } catch (error) {
      throw asRefusal(error);
    } finally {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      await runner.release();
    }
  }

  /** @throws ProblemException `alert_rule_not_found` */
  async one(id: string, manager: EntityManager = this.database.manager, lock = false): Promise<RuleRow> {
    const sql = `SELECT ${RULE_ROW} FROM alert_rules r WHERE r.id = $1${lock ? LOCK : ''}`;
    const [row] = await manager.query<RuleRow[]>(sql, [id]);
    if (!row) throw new ProblemException('alert_rule_not_found');
    return withReadableParts(row);
  }

  /** By name. @param ids null: all of them */
  async all(ids: readonly string[] | null): Promise<RuleRow[]> {
    const where = ids ? ' WHERE r.id = ANY ($1::uuid[])' : '';
    const sql = `SELECT ${RULE_ROW} FROM alert_rules r${where} ORDER BY r.name COLLATE "C"`;
    const rows = await this.database.query<RuleRow[]>(sql, ids ? [ids] : []);
    return rows.map(withReadableParts);
  }

  /** Those with one of these names. @param lock until the transaction ends nobody else's to change */
  async named(manager: EntityManager, names: readonly string[], lock: boolean): Promise<RuleRow[]> {
    const sql = `SELECT ${RULE_ROW} FROM alert_rules r WHERE r.name = ANY ($1::text[]) ORDER BY r.id${lock ? LOCK : ''}`;
    return (await manager.query<RuleRow[]>(sql, [names])).map(withReadableParts);
  }

  /** @throws ProblemException `too_many_alert_rules` */
  async insert(manager: EntityManager, rows: readonly RuleRow[]): Promise<void> {
    if (rows.length === 0) return;
    await manager.query(
      `INSERT INTO alert_rules (${COLUMNS}) SELECT ${RULE_ROW} FROM jsonb_populate_recordset(NULL::alert_rules, $1::jsonb) r`,
      [JSON.stringify(rows)],
    );
    const [counted] = await manager.query<[{ count: number }]>('SELECT count(*)::int AS count FROM alert_rules');
    if (counted.count > MAX_RULES) throw new ProblemException('too_many_alert_rules');
  }

  async update(manager: EntityManager, rows: readonly ChangedRow[]): Promise<void> {
    if (rows.length === 0) return;
    await manager.query(
      `UPDATE alert_rules r SET ${SETS.join(', ')}
       FROM jsonb_populate_recordset(NULL::alert_rules, $1::jsonb) n WHERE r.id = n.id`,
      [JSON.stringify(rows)],
    );
  }

  async remove(manager: EntityManager, id: string): Promise<void> {
    await manager.query('DELETE FROM alert_rules WHERE id = $1', [id]);
  }

  /** How many alerts of a rule are open. */
  async openAlerts(id: string, manager: EntityManager = this.database.manager): Promise<OpenAlertCounts> {
    const [counted] = await manager.query<[OpenAlertCounts]>(
      `SELECT count(*) FILTER (WHERE state = 'pending')::int AS pending, count(*) FILTER (WHERE state = 'firing')::int AS firing
       FROM alerts WHERE rule_id = $1 AND state <> 'resolved'`,
      [id],
    );
    return counted;
  }
}

export interface OpenAlertCounts {
  pending: number;
  firing: number;
}

function asRefusal(error: unknown): unknown {
  if (!isViolation(error, 'unique', 'alert_rules_name_key')) return error;
  const detail = 'Another alert rule has this name. Choose another one.';
  return new ProblemException('name_taken', { detail, cause: error });
}
