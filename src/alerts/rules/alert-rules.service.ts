import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { changedFields } from '../../devices/inventory/changed-fields.js';
import type { Page } from '../../platform/http/envelope.js';
import { trimFields } from '../../platform/http/fields.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { severityOrder } from '../severity-sql.js';
import type { RuleDetailDto, RuleDto, RulesQuery } from './alert-rules.dto.js';
import { AlertRuleStore, type OpenAlertCounts, RULE_ROW } from './alert-rules.store.js';
import { judgeRule, type RuleContext } from './judge-rule.js';
import { changedRow, newRow, nextRow } from './next-row.js';
import { presentRule, type PresentedRule } from './present-rule.js';
import { acceptedValues } from './refuse-rule.js';
import { RuleContexts } from './rule-contexts.service.js';
import type { CreateRuleBody, RuleChanges } from './rule-fields.js';
import { missingReferences } from './rule-references.js';
import type { RuleRow } from './rule-row.js';
import { withReadableParts } from './stored-rule-parts.js';

const NONE_OPEN: OpenAlertCounts = { pending: 0, firing: 0 };
const OPEN_ALERTS = `SELECT rule_id, count(*) FILTER (WHERE state = 'pending')::int AS pending,
  count(*) FILTER (WHERE state = 'firing')::int AS firing FROM alerts WHERE state <> 'resolved' GROUP BY rule_id`;

/** Administration of alert rules. */
@Injectable()
export class AlertRules {
  constructor(
    private readonly database: DataSource,
    private readonly store: AlertRuleStore,
    private readonly contexts: RuleContexts,
    private readonly audit: AuditLog,
  ) {}

  async list(query: RulesQuery): Promise<Page<unknown>> {
    const { severity, enabled, broken, kind } = query.filters;
    const where = [
      ...(severity ? [{ condition: 'r.severity = ?', values: [severity] }] : []),
      ...(enabled === undefined ? [] : [{ condition: 'r.enabled = ?', values: [enabled] }]),
      ...(broken === undefined ? [] : [{ condition: '(r.broken_at IS NOT NULL) = ?', values: [broken] }]),
      ...(kind ? [{ condition: `r.scope->>'kind' = ?`, values: [kind] }] : []),
      ...(query.q ? [{ condition: `position(lower(?) in ${SEARCHED}) > 0`, values: [query.q] }] : []),
    ];
    const list = {
      select: `${RULE_ROW}, coalesce(o.pending, 0) AS pending, coalesce(o.firing, 0) AS firing`,
      from: `alert_rules r LEFT JOIN (${OPEN_ALERTS}) o ON o.rule_id = r.id`,
      id: { expression: 'r.id', type: 'uuid' },
      sort: {
        name: { expression: 'r.name', type: 'text' },
        created_at: { expression: 'r.created_at', type: 'timestamptz' },
        updated_at: { expression: 'r.updated_at', type: 'timestamptz' },
        severity: { expression: severityOrder('r.severity'), type: 'int' },
      },
      where,
    };
    // Shown whole first: what they refer to is looked up for all of the page at once.
    const page = await listRows(this.database, list, { ...query, fields: undefined }, (row: ListedRow) => row);
    const rows = (page.data as ListedRow[]).map(withReadableParts);
    const context = await this.contexts.load(this.database.manager, await this.contexts.channelsOf(rows), rows);
    const shown = rows.map((row) => dtoOf(row, context, { pending: row.pending, firing: row.firing }));
    const { fields } = query;
    return { ...page, data: fields ? shown.map((rule) => trimFields(rule, fields)) : shown };
  }

  /** @throws ProblemException `alert_rule_not_found` */
  async one(id: string): Promise<RuleDetailDto> {
    const row = await this.store.one(id);
    const { manager } = this.database;
    const context = await this.contexts.load(manager, await this.contexts.channelsOf([row]), [row]);
    const shown = dtoOf(row, context, await this.store.openAlerts(id));
    return { ...shown, notes: await this.contexts.notesOf(manager, row) };
  }

  /** @throws ProblemException `invalid_condition`, `invalid_message`, `validation_failed`, `name_taken`, `too_many_alert_rules` */
  async create(body: CreateRuleBody, request: FastifyRequest): Promise<RuleDetailDto> {
    const changes = body as RuleChanges;
    const channels = await this.contexts.channelsOf([], [changes]);
    return this.store.write(async (manager, now) => {
      const context = await this.contexts.load(manager, channels, [], [changes]);
      const judged = judgeRule(changes, null, context);
      const row = newRow(randomUUID(), acceptedValues(judged, context.catalogue), now);
      await this.store.insert(manager, [row]);
      await this.record('created', request, manager, row.id, { after: presented(row, context) });
      const notes = [...judged.notes, ...(await this.contexts.notesOf(manager, row))];
      return { ...dtoOf(row, context, NONE_OPEN), notes };
    });
  }

  /** @throws ProblemException as {@link create}, and `alert_rule_not_found` */
  async change(id: string, changes: RuleChanges, request: FastifyRequest): Promise<RuleDetailDto> {
    const channels = await this.contexts.channelsOf([await this.store.one(id)], [changes]);
    return this.store.write(async (manager, now) => {
      const before = await this.store.one(id, manager, true);
      const context = await this.contexts.load(manager, channels, [before], [changes]);
      const judged = judgeRule(changes, before, context);
      const row = nextRow(before, acceptedValues(judged, context.catalogue), now);
      await this.store.update(manager, [changedRow(before, row)]);
      const shown = changedFields(presented(before, context), presented(row, context));
      await this.record('updated', request, manager, id, shown);
      const notes = [...judged.notes, ...(await this.contexts.notesOf(manager, row))];
      return { ...dtoOf(row, context, await this.store.openAlerts(id, manager)), notes };
    });
  }

  /** Its open alerts are resolved by the next evaluation. @throws ProblemException `alert_rule_not_found` */
  async remove(id: string, request: FastifyRequest): Promise<void> {
    const channels = await this.contexts.channelsOf([await this.store.one(id)]);
    await this.store.write(async (manager) => {
      const before = await this.store.one(id, manager, true);
      const context = await this.contexts.load(manager, channels, [before]);
      await this.store.remove(manager, id);
      await this.record('deleted', request, manager, id, { before: presented(before, context) });
    });
  }

  private async record(
    what: string,
    request: FastifyRequest,
    manager: EntityManager,
    subjectId: string,
    shown: { before?: unknown; after?: unknown },
  ): Promise<void> {
    const action = `alert_rule.${what}`;
    await this.audit.record({ request, action, subjectType: 'alert_rule', subjectId, ...shown }, manager);
  }
}

type ListedRow = RuleRow & OpenAlertCounts & { _at: string; _id: string };

/** Its parts on lines of their own, so that no match spans two. */
const SEARCHED = 'lower(concat_ws(chr(10), r.name, r.description, r.expression))';

function presented(row: RuleRow, { references, channels }: RuleContext): PresentedRule {
  return presentRule(row, references, channels);
}

function dtoOf(row: RuleRow, context: RuleContext, open_alerts: OpenAlertCounts): RuleDto {
  const shown = presented(row, context);
  const gone = shown.channels.flatMap(({ id, name }, index) =>
    name === null ? [{ path: `channels.${index}`, message: `There is no channel "${id}".` }] : [],
  );
  return {
    ...shown,
    condition: shown.condition as Record<string, unknown>,
    recovery: { ...shown.recovery, condition: shown.recovery.condition as Record<string, unknown> | null },
    open_alerts,
    missing_references: [...missingReferences(row.scope, context.references), ...gone],
  };
}
