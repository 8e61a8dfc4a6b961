import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import type { Page } from '../../platform/http/envelope.js';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import type { Selector } from '../selector.js';
import { changedFields } from './changed-fields.js';
import { DeviceDirectory } from './device-directory.service.js';
import type { DevicesQuery } from './devices.dto.js';
import { groupReferenceFault, type ReferringGroup } from './group-references.js';
import type { CreateGroupBody, GroupDto, GroupsQuery, UpdateGroupBody } from './groups.dto.js';
import { InventoryTransaction } from './inventory-transaction.store.js';
import { type DatedRow, presentTimes } from './present-times.js';
import { insertRow, updateRow } from './row.store.js';
import { unknownReferences } from './selector-references.store.js';

type GroupRow = DatedRow<GroupDto>;

const SELECT = `g.id, g.name, g.description, g.selector,
  CASE WHEN g.selector IS NULL THEN (SELECT count(*)::int FROM group_members m WHERE m.group_id = g.id) END AS member_count,
  g.created_at, g.updated_at`;

/** Administration of groups. */
@Injectable()
export class Groups {
  constructor(
    private readonly database: DataSource,
    private readonly transaction: InventoryTransaction,
    private readonly directory: DeviceDirectory,
    private readonly audit: AuditLog,
  ) {}

  list(query: GroupsQuery): Promise<Page<unknown>> {
    const text = 'lower(concat_ws(chr(10), g.name, g.description))';
    const list = {
      select: SELECT,
      from: 'groups g',
      id: { expression: 'g.id', type: 'uuid' },
      sort: {
        name: { expression: 'g.name', type: 'text' },
        created_at: { expression: 'g.created_at', type: 'timestamptz' },
      },
      where: query.q ? [{ condition: `position(lower(?) in ${text}) > 0`, values: [query.q] }] : [],
    };
    return listRows(this.database, list, query, (row: GroupRow & { _at: string; _id: string }) => presentTimes(row));
  }

  /** @throws ProblemException `group_not_found` */
  async one(id: string, manager: EntityManager = this.database.manager): Promise<GroupDto> {
    const [row] = await manager.query<GroupRow[]>(`SELECT ${SELECT} FROM groups g WHERE g.id = $1`, [id]);
    if (!row) throw new ProblemException('group_not_found');
    return presentTimes(row);
  }

  /** @throws ProblemException `group_not_found` */
  async devices(id: string, query: DevicesQuery): Promise<Page<unknown>> {
    await this.one(id);
    return this.directory.list({ ...query, filters: { ...query.filters, group: id } });
  }

  /** @throws ProblemException `validation_failed`, `name_taken` */
  create({ members, ...columns }: CreateGroupBody, request: FastifyRequest): Promise<GroupDto> {
    return this.transaction.run(async (manager) => {
      await checkSelector(manager, columns.selector);
      const id = await insertRow(manager, 'groups', asColumns(columns));
      if (members) await setMembers(manager, id, members);
      await checkReferences(manager);
      const after = await this.one(id, manager);
      await this.audit.record(
        { request, action: 'group.created', subjectType: 'group', subjectId: id, after },
        manager,
      );
      return after;
    });
  }

  /** A selector takes the place of members, and the other way round. @throws as {@link create}, and `group_not_found` */
  update(id: string, { members, ...columns }: UpdateGroupBody, request: FastifyRequest): Promise<GroupDto> {
    return this.transaction.run(async (manager) => {
      const before = await this.one(id, manager);
      await checkSelector(manager, columns.selector);
      await updateRow(manager, 'groups', id, { ...asColumns(columns), ...(members && { selector: null }) });
      if (members || columns.selector) await setMembers(manager, id, members ?? []);
      await checkReferences(manager);
      const after = await this.one(id, manager);
      const changes = changedFields(before, after);
      await this.audit.record(
        { request, action: 'group.updated', subjectType: 'group', subjectId: id, ...changes },
        manager,
      );
      return after;
    });
  }

  /** @throws ProblemException `group_not_found` */
  remove(id: string, request: FastifyRequest): Promise<void> {
    return this.transaction.run(async (manager) => {
      const before = await this.one(id, manager);
      await manager.query('DELETE FROM groups WHERE id = $1', [id]);
      await this.audit.record(
        { request, action: 'group.deleted', subjectType: 'group', subjectId: id, before },
        manager,
      );
    });
  }
}

function asColumns({ selector, ...columns }: Omit<UpdateGroupBody, 'members'>): Record<string, unknown> {
  return { ...columns, selector: selector && JSON.stringify(selector) };
}

/** @throws ProblemException `validation_failed`, naming devices that there are not */
async function setMembers(manager: EntityManager, id: string, members: string[]): Promise<void> {
  await manager.query('DELETE FROM group_members WHERE group_id = $1', [id]);
  const added = await manager.query<{ device_id: string }[]>(
    `INSERT INTO group_members (group_id, device_id) SELECT $1, d.id FROM devices d WHERE d.id = ANY ($2::uuid[]) RETURNING device_id`,
    [id, members],
  );
  if (added.length === members.length) return;
  const known = new Set(added.map((row) => row.device_id));
  const missing = members.flatMap((member, index) => (known.has(member) ? [] : [{ member, index }])).slice(0, 20);
  throw invalid(
    missing.map(({ member, index }) => ({ path: `members.${index}`, message: `There is no device ${member}.` })),
  );
}

/** @throws ProblemException `validation_failed`, naming sites, groups and profiles that there are not */
async function checkSelector(manager: EntityManager, selector: Selector | undefined): Promise<void> {
  const errors = selector ? await unknownReferences(manager, selector, 'selector') : [];
  if (errors.length > 0) throw invalid(errors);
}

async function checkReferences(manager: EntityManager): Promise<void> {
  const groups = await manager.query<ReferringGroup[]>(
    `SELECT id, name, selector->'groups' AS groups FROM groups WHERE selector->'groups' IS NOT NULL`,
  );
  const fault = groupReferenceFault(groups);
  if (fault) throw invalid([{ path: 'selector.groups', message: fault }]);
}
