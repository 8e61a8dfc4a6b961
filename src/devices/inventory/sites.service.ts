import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import type { Page } from '../../platform/http/envelope.js';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { changedFields } from './changed-fields.js';
import { refuseCircle } from './device.store.js';
import { InventoryTransaction } from './inventory-transaction.store.js';
import { type DatedRow, presentTimes } from './present-times.js';
import { ReferenceIndex } from './references.store.js';
import { insertRow, updateRow } from './row.store.js';
import type { CreateSiteBody, SiteDto, SitesQuery, UpdateSiteBody } from './sites.dto.js';

type SiteRow = DatedRow<SiteDto>;

const SELECT = `s.id, s.name, s.region, s.branch, s.latitude, s.longitude, s.parent_id,
  CASE WHEN u.id IS NOT NULL THEN jsonb_build_object('id', u.id, 'name', u.name) END AS parent,
  (SELECT count(*)::int FROM devices d WHERE d.site_id = s.id) AS device_count, s.created_at, s.updated_at`;
const FROM = 'sites s LEFT JOIN sites u ON u.id = s.parent_id';

/** Administration of sites. */
@Injectable()
export class Sites {
  constructor(
    private readonly database: DataSource,
    private readonly transaction: InventoryTransaction,
    private readonly audit: AuditLog,
  ) {}

  list(query: SitesQuery): Promise<Page<unknown>> {
    const { region, branch, parent } = query.filters;
    const text = 'lower(concat_ws(chr(10), s.name, s.region, s.branch))';
    const list = {
      select: SELECT,
      from: FROM,
      id: { expression: 's.id', type: 'uuid' },
      sort: {
        name: { expression: 's.name', type: 'text' },
        created_at: { expression: 's.created_at', type: 'timestamptz' },
      },
      where: [
        ...(region ? [{ condition: 's.region = ?', values: [region] }] : []),
        ...(branch ? [{ condition: 's.branch = ?', values: [branch] }] : []),
        ...(parent ? [{ condition: 'u.name = ? OR u.id::text = lower(?)', values: [parent, parent] }] : []),
        ...(query.q ? [{ condition: `position(lower(?) in ${text}) > 0`, values: [query.q] }] : []),
      ],
    };
    return listRows(this.database, list, query, (row: SiteRow & { _at: string; _id: string }) => presentTimes(row));
  }

  /** @throws ProblemException `site_not_found` */
  async one(id: string, manager: EntityManager = this.database.manager): Promise<SiteDto> {
    const [row] = await manager.query<SiteRow[]>(`SELECT ${SELECT} FROM ${FROM} WHERE s.id = $1`, [id]);
    if (!row) throw new ProblemException('site_not_found');
    return presentTimes(row);
  }

  /** @throws ProblemException `validation_failed`, `name_taken` */
  create({ parent, ...columns }: CreateSiteBody, request: FastifyRequest): Promise<SiteDto> {
    return this.transaction.run(async (manager) => {
      const id = await insertRow(manager, 'sites', { ...columns, parent_id: await parentId(manager, parent) });
      const after = await this.one(id, manager);
      await this.audit.record({ request, action: 'site.created', subjectType: 'site', subjectId: id, after }, manager);
      return after;
    });
  }

  /** @throws ProblemException `site_not_found`, `validation_failed`, `name_taken`, `parent_cycle` */
  update(id: string, { parent, ...columns }: UpdateSiteBody, request: FastifyRequest): Promise<SiteDto> {
    return this.transaction.run(async (manager) => {
      const before = await this.one(id, manager);
      const parent_id = await parentId(manager, parent);
      await updateRow(manager, 'sites', id, { ...columns, parent_id });
      if (parent_id) await refuseCircle(manager, 'sites', [id]);
      const after = await this.one(id, manager);
      await this.audit.record(
        { request, action: 'site.updated', subjectType: 'site', subjectId: id, ...changedFields(before, after) },
        manager,
      );
      return after;
    });
  }

  /** Sites right below it become roots. @throws ProblemException `site_not_found`, `in_use` */
  remove(id: string, request: FastifyRequest): Promise<void> {
    return this.transaction.run(async (manager) => {
      const before = await this.one(id, manager);
      if (before.device_count > 0) {
        const detail = `Devices at this site: ${before.device_count}. Move them first: PATCH /api/v1/devices/bulk.`;
        throw new ProblemException('in_use', { detail });
      }
      await manager.query('UPDATE sites SET parent_id = NULL, updated_at = clock_timestamp() WHERE parent_id = $1', [
        id,
      ]);
      await manager.query('DELETE FROM sites WHERE id = $1', [id]);
      await this.audit.record({ request, action: 'site.deleted', subjectType: 'site', subjectId: id, before }, manager);
    });
  }
}

async function parentId(manager: EntityManager, parent: string | null | undefined): Promise<string | null | undefined> {
  if (!parent) return parent;
  const wanted = { site: parent };
  const { ids, errors } = (await ReferenceIndex.load(manager, [wanted])).resolve(wanted);
  if (errors.length > 0) throw invalid(errors.map(({ message }) => ({ path: 'parent', message })));
  return ids.site_id;
}
