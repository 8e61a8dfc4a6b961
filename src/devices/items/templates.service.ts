import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import type { Page } from '../../platform/http/envelope.js';
import { ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { InventoryTransaction } from '../inventory/inventory-transaction.store.js';
import { selectorCondition, type SqlCondition } from '../inventory/selector-sql.js';
import type { Selector } from '../selector.js';
import { diffItems } from './template-diff.js';
import { Template } from './template.entity.js';
import type {
  ApplicationDto,
  ApplyTemplateBody,
  CreateTemplateBody,
  TemplateDto,
  TemplatesQuery,
  UpdateTemplateBody,
} from './templates.dto.js';
import { type FillPlan, TemplateItems } from './templates.store.js';

type TemplateRow = Omit<TemplateDto, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date };

const SELECT = `t.id, t.name, t.description, t.created_at, t.updated_at,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('name', i.name, 'oid', i.oid, 'value_type', i.value_type, 'transform', i.transform,
     'units', i.units, 'interval_seconds', i.interval_seconds) ORDER BY i.name), '[]') FROM template_items i WHERE i.template_id = t.id) AS items,
  (SELECT count(*)::int FROM device_templates h WHERE h.template_id = t.id) AS device_count`;
const NOTHING = { devices: 0, devices_changed: 0, items_added: 0, items_changed: 0, items_removed: 0, conflicts: 0 };
/** Of a selector that names devices one by one, the audit log keeps so many. */
const AUDITED_IDS = 20;

/** Sets of items, and giving them to many devices at once. */
@Injectable()
export class Templates {
  constructor(
    private readonly database: DataSource,
    private readonly inventory: InventoryTransaction,
    private readonly items: TemplateItems,
    private readonly audit: AuditLog,
  ) {}

  list(query: TemplatesQuery): Promise<Page<unknown>> {
    const list = {
      select: SELECT,
      from: 'templates t',
      id: { expression: 't.id', type: 'uuid' },
      sort: {
        name: { expression: 't.name', type: 'text' },
        created_at: { expression: 't.created_at', type: 'timestamptz' },
      },
      where: query.q ? [{ condition: 'position(lower(?) in lower(t.name)) > 0', values: [query.q] }] : [],
    };
    return listRows(this.database, list, query, (row: TemplateRow & { _at: string; _id: string }) => present(row));
  }

  /** @throws ProblemException `template_not_found` */
  async one(id: string, manager: EntityManager = this.database.manager): Promise<TemplateDto> {
    const [row] = await manager.query<TemplateRow[]>(`SELECT ${SELECT} FROM templates t WHERE t.id = $1`, [id]);
    if (!row) throw new ProblemException('template_not_found');
    return present(row);
  }

  /** @throws ProblemException `name_taken` */
  create({ name, description, items }: CreateTemplateBody, request: FastifyRequest): Promise<TemplateDto> {
    return this.inventory.run(async (manager) => {
      const { identifiers } = await manager.insert(Template, { name, description });
      const { id } = identifiers[0] as { id: string };
      await this.items.insert(manager, id, items);
      const after = await this.one(id, manager);
      await this.record(manager, request, 'template.created', id, { after });
      return after;
    });
  }

  /**
   * Changes the template, and brings all devices that have it in line.
   * @throws ProblemException `template_not_found`, `name_taken`, `too_many_items`
   */
  update(id: string, { items, ...fields }: UpdateTemplateBody, request: FastifyRequest) {
    return this.inventory.run(async (manager) => {
      const before = await this.one(id, manager);
      const changes: ApplicationDto = {
        dry_run: false,
        ...NOTHING,
        devices: before.device_count,
        conflict_examples: [],
      };
      if (items) {
        const diff = diffItems(await this.items.stored(manager, id), items);
        Object.assign(changes, await this.items.change(manager, diff));
        await this.items.insert(manager, id, diff.added);
        const holders = {
          condition: 'd.id IN (SELECT device_id FROM device_templates WHERE template_id = $1)',
          values: [],
        };
        const { conflicts, conflict_examples } = await this.planned(manager, id, holders);
        const items_added = await this.items.fill(manager, id, holders);
        Object.assign(changes, { items_added, conflicts, conflict_examples });
      }
      await manager.update(Template, { id }, { ...fields, updatedAt: () => 'now()' });
      const after = await this.one(id, manager);
      await this.record(manager, request, 'template.updated', id, { before, after: { ...after, changes } });
      return { ...after, changes };
    });
  }

  /** @throws ProblemException `template_not_found`, `in_use` */
  async remove(id: string, request: FastifyRequest): Promise<void> {
    await this.inventory.run(async (manager) => {
      const before = await this.one(id, manager);
      const { device_count: count } = before;
      if (count > 0) {
        const detail = `${count} ${count === 1 ? 'device has' : 'devices have'} this template. Remove it from them first: POST /api/v1/templates/${id}/remove.`;
        throw new ProblemException('in_use', { detail });
      }
      await manager.delete(Template, { id });
      await this.record(manager, request, 'template.deleted', id, { before });
    });
  }

  /** @throws ProblemException `template_not_found`, `too_many_items` */
  apply(id: string, { selector, dry_run }: ApplyTemplateBody, request: FastifyRequest): Promise<ApplicationDto> {
    return this.inventory[dry_run ? 'rehearse' : 'run'](async (manager) => {
      await this.one(id, manager);
      const devices = selectorCondition(selector);
      const { overfull: _, ...plan } = await this.planned(manager, id, devices);
      const result = { ...NOTHING, ...plan, dry_run };
      if (dry_run) return result;
      const items_added = await this.items.fill(manager, id, devices);
      const done = { ...result, items_added };
      await this.record(manager, request, 'template.applied', id, {
        after: { selector: shortened(selector), ...done },
      });
      return done;
    });
  }

  /** @throws ProblemException `template_not_found` */
  takeAway(id: string, { selector, dry_run }: ApplyTemplateBody, request: FastifyRequest): Promise<ApplicationDto> {
    return this.inventory[dry_run ? 'rehearse' : 'run'](async (manager) => {
      await this.one(id, manager);
      const devices = selectorCondition(selector);
      const plan = await this.items.planClear(manager, id, devices);
      const result = { ...NOTHING, ...plan, dry_run, conflict_examples: [] };
      if (dry_run) return result;
      await this.items.clear(manager, id, devices);
      await this.record(manager, request, 'template.removed', id, {
        after: { selector: shortened(selector), ...result },
      });
      return result;
    });
  }

  private async planned(manager: EntityManager, id: string, devices: SqlCondition): Promise<FillPlan> {
    const plan = await this.items.plan(manager, id, devices);
    if (plan.overfull > 0) {
      const detail = `${plan.overfull} ${plan.overfull === 1 ? 'device' : 'devices'} would have more than 500 items. Nothing was changed.`;
      throw new ProblemException('too_many_items', { detail });
    }
    return plan;
  }

  private record(
    manager: EntityManager,
    request: FastifyRequest,
    action: string,
    subjectId: string,
    change: { before?: unknown; after?: unknown },
  ): Promise<void> {
    return this.audit.record({ request, action, subjectType: 'template', subjectId, ...change }, manager);
  }
}

function shortened({ ids, ...rest }: Selector): object {
  return ids ? { ...rest, ids: ids.slice(0, AUDITED_IDS), ids_count: ids.length } : rest;
}

function present({ id, name, description, items, device_count, created_at, updated_at }: TemplateRow): TemplateDto {
  const times = { created_at: created_at.toISOString(), updated_at: updated_at.toISOString() };
  return { id, name, description, items, device_count, ...times };
}
