import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { inTurns } from '../../devices/transfer/in-turns.js';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { YamlBody } from '../../platform/http/yaml-body.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { AlertRuleStore, MAX_RULES } from './alert-rules.store.js';
import { fail, type ImportEntry, readEntries, report, rolledBack, RULES_A_TURN } from './import-entry.js';
import { judgeRule, type RuleContext } from './judge-rule.js';
import { differs, newRow, nextRow } from './next-row.js';
import { deviceNames, type PrintedRule, printRule, printRulesYaml } from './print-rules.js';
import { type FileRule, readRulesYaml } from './read-rules-yaml.js';
import { RuleContexts } from './rule-contexts.service.js';
import { goneOf, noWords } from './rule-references.js';
import { findReferences } from './rule-references.store.js';
import type { RuleRow } from './rule-row.js';
import type { ExportQuery, ImportBody, ImportDto, ImportQuery } from './rule-transfer.dto.js';

/** Rules out to files and in from them. */
@Injectable()
export class RuleTransfer {
  constructor(
    private readonly database: DataSource,
    private readonly store: AlertRuleStore,
    private readonly contexts: RuleContexts,
    private readonly audit: AuditLog,
  ) {}

  /** By name, so that a change shows as one. @throws ProblemException `alert_rule_not_found` when one of the ids has no rule */
  async file({ format, ids }: ExportQuery): Promise<string> {
    const rows = await this.store.all(ids ?? null);
    const missing = ids?.find((id) => !rows.some((row) => row.id === id.toLowerCase()));
    if (missing) throw new ProblemException('alert_rule_not_found', { detail: `There is no alert rule ${missing}.` });
    const { manager } = this.database;
    const { references, channels } = await this.contexts.load(manager, await this.contexts.channelsOf(rows), rows);
    const devices = await findReferences(manager, { ...noWords(), devices: deviceNames(rows, references) });
    const rules: PrintedRule[] = rows.map((row) => printRule(row, references, devices, channels));
    return format === 'json' ? JSON.stringify({ rules }) : await printRulesYaml(rules);
  }

  /**
   * Rules are judged one by one, by what holds for a single one, and written at once.
   * @throws ProblemException `malformed_yaml`, `import_rolled_back`, `too_many_alert_rules`, `validation_failed`
   */
  async import(body: YamlBody | ImportBody, query: ImportQuery, request: FastifyRequest): Promise<ImportDto> {
    const entries = await readEntries(body instanceof YamlBody ? await readFile(body.text) : body.rules.map(fromJson));
    const given = entries.flatMap(({ changes }) => changes ?? []);
    const channels = await this.contexts.channelsOf([], given);
    return this.store.write(async (manager, now) => {
      const there = await this.store.named(
        manager,
        given.map(({ name }) => name!),
        !query.dry_run,
      );
      const context = await this.contexts.load(manager, channels, there, given);
      const byName = new Map(there.map((row) => [row.name, row]));
      const rows: (RuleRow | null)[] = [];
      for await (const part of inTurns(entries, RULES_A_TURN)) {
        for (const entry of part) rows.push(judge(entry, byName.get(entry.name ?? ''), context, query, now));
      }
      await this.store.insert(manager, having('created', entries, rows));
      await this.store.update(manager, having('updated', entries, rows));
      if (query.atomic && !query.dry_run && entries.some(({ status }) => status === 'failed'))
        throw rolledBack(entries);
      const told = report(entries, query);
      await this.record(manager, request, told);
      return told;
    }, query.dry_run);
  }

  private async record(manager: EntityManager, request: FastifyRequest, told: ImportDto): Promise<void> {
    const { rules, ...counts } = told;
    const names = (wanted: string) => rules.filter(({ status }) => status === wanted).map(({ name }) => name);
    const after = { ...counts, rules_created: names('created'), rules_updated: names('updated') };
    await this.audit.record({ request, action: 'alert_rules.imported', subjectType: 'alert_rule', after }, manager);
  }
}

/** Decides what becomes of a rule. @returns the row that is to be written, if any */
function judge(
  entry: ImportEntry,
  there: RuleRow | undefined,
  context: RuleContext,
  { on_duplicate }: ImportQuery,
  now: Date,
): RuleRow | null {
  if (entry.status === 'failed' || !entry.changes) return null;
  // What is gone already is not lost by this file.
  const gone = there && goneOf(there.scope, context.references);
  const { values, problems } = judgeRule(entry.changes, null, gone ? { ...context, gone } : context);
  if (there) entry.id = there.id;
  if (!values) {
    fail(entry, problems);
    return null;
  }
  if (!there) {
    const row = newRow(randomUUID(), values, now);
    Object.assign(entry, { id: row.id, status: 'created' });
    return row;
  }
  const row = nextRow(there, values, now);
  if (on_duplicate === 'skip') entry.status = 'skipped';
  else entry.status = differs(there, row) ? 'updated' : 'unchanged';
  return row;
}

function having(wanted: ImportEntry['status'], entries: readonly ImportEntry[], rows: readonly (RuleRow | null)[]) {
  return rows.filter((row, index): row is RuleRow => row !== null && entries[index]!.status === wanted);
}

async function readFile(text: string): Promise<FileRule[]> {
  const rules = await readRulesYaml(text);
  if (rules.length <= MAX_RULES) return rules;
  throw invalid([{ path: 'rules', message: `Must be at most ${MAX_RULES} rules.` }]);
}

function fromJson(value: unknown): FileRule {
  return { value, line: null, lineOf: () => null };
}
