import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { isViolation } from '../../platform/database/violation.js';
import type { Page } from '../../platform/http/envelope.js';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { rateProblem } from './item-fields.js';
import { forgetValues, insertItem, lockItem, updateItem } from './items.store.js';
import type { CreateItemBody, DeviceItemsQuery, ItemDto, ItemsQuery, UpdateItemBody } from './items.dto.js';

type ItemRow = Omit<ItemDto, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date };
type Filters = Partial<ItemsQuery['filters']>;

const SELECT =
  'i.id, i.device_id, d.name AS device_name, t.id AS template_id, t.name AS template_name, i.name, i.oid, i.value_type, ' +
  'i.transform, i.units, i.interval_seconds, i.enabled, i.created_at, i.updated_at';
const FROM =
  'monitoring_items i JOIN devices d ON d.id = i.device_id ' +
  'LEFT JOIN template_items ti ON ti.id = i.template_item_id LEFT JOIN templates t ON t.id = ti.template_id';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What a device may differ in from the template that made its item. */
const FREE_FIELDS: readonly string[] = ['enabled', 'interval_seconds'];

/** What is asked of devices over SNMP. */
@Injectable()
export class Items {
  constructor(
    private readonly database: DataSource,
    private readonly audit: AuditLog,
  ) {}

  list(query: ItemsQuery): Promise<Page<unknown>> {
    return this.page(query, query.filters);
  }

  /** @throws ProblemException `device_not_found` */
  async ofDevice(deviceId: string, query: DeviceItemsQuery): Promise<Page<unknown>> {
    const found = await this.database.query<unknown[]>('SELECT 1 FROM devices WHERE id = $1', [deviceId]);
    if (found.length === 0) throw new ProblemException('device_not_found');
    return this.page(query, { ...query.filters, device: deviceId });
  }

  /** @throws ProblemException `item_not_found` */
  async one(id: string, manager: EntityManager = this.database.manager): Promise<ItemDto> {
    const [row] = await manager.query<ItemRow[]>(`SELECT ${SELECT} FROM ${FROM} WHERE i.id = $1`, [id]);
    if (!row) throw new ProblemException('item_not_found');
    return present(row);
  }

  /** @throws ProblemException `device_not_found`, `too_many_items`, `name_taken` */
  create(deviceId: string, body: CreateItemBody, request: FastifyRequest): Promise<ItemDto> {
    return this.writing(body.name, async (manager) => {
      const id = await insertItem(manager, deviceId, body);
      const after = await this.one(id, manager);
      await this.audit.record({ request, action: 'item.created', subjectType: 'item', subjectId: id, after }, manager);
      return after;
    });
  }

  /** @throws ProblemException `item_not_found`, `item_of_template`, `validation_failed`, `name_taken` */
  update(id: string, body: UpdateItemBody, request: FastifyRequest): Promise<ItemDto> {
    return this.writing(body.name, async (manager) => {
      await lockItem(manager, id);
      const before = await this.one(id, manager);
      const fixed = Object.keys(body).filter((field) => !FREE_FIELDS.includes(field));
      if (before.template_id && fixed.length > 0) throw new ProblemException('item_of_template');
      const wanted = { ...before, ...body };
      const message = rateProblem(wanted);
      if (message) throw invalid([{ path: 'transform', message }]);
      await updateItem(manager, wanted);
      const another = (['oid', 'value_type', 'transform'] as const).some((field) => wanted[field] !== before[field]);
      if (another) await forgetValues(manager, id);
      const after = await this.one(id, manager);
      await this.audit.record(
        { request, action: 'item.updated', subjectType: 'item', subjectId: id, before, after },
        manager,
      );
      return after;
    });
  }

  /** @throws ProblemException `item_not_found`, `item_of_template` */
  async remove(id: string, request: FastifyRequest): Promise<void> {
    await this.database.transaction(async (manager) => {
      await lockItem(manager, id);
      const before = await this.one(id, manager);
      if (before.template_id) throw new ProblemException('item_of_template');
      await manager.query('DELETE FROM monitoring_items WHERE id = $1', [id]);
      await this.audit.record({ request, action: 'item.deleted', subjectType: 'item', subjectId: id, before }, manager);
    });
  }

  private page(query: ItemsQuery | DeviceItemsQuery, { device, template, enabled }: Filters): Promise<Page<unknown>> {
    const { q } = query;
    const list = {
      select: SELECT,
      from: FROM,
      id: { expression: 'i.id', type: 'uuid' },
      sort: {
        name: { expression: 'i.name', type: 'text' },
        device_name: { expression: 'd.name', type: 'text' },
        oid: { expression: 'i.oid', type: 'text' },
        created_at: { expression: 'i.created_at', type: 'timestamptz' },
      },
      where: [
        ...(device ? [{ condition: UUID.test(device) ? 'd.id = ?' : 'd.name = ?', values: [device] }] : []),
        ...(template ? [{ condition: UUID.test(template) ? 't.id = ?' : 't.name = ?', values: [template] }] : []),
        ...(enabled === undefined ? [] : [{ condition: 'i.enabled = ?', values: [enabled] }]),
        ...(q
          ? [
              {
                condition: 'position(lower(?) in lower(i.name)) > 0 OR position(? in i.oid) > 0',
                values: [q, q],
              },
            ]
          : []),
      ],
    };
    return listRows(this.database, list, query, (row: ItemRow & { _at: string; _id: string }) => present(row));
  }

  private async writing<T>(name: string | undefined, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(work);
    } catch (error) {
      if (!isViolation(error, 'unique')) throw error;
      const detail = `The device has an item with the name "${name}" already. Choose another one, or change that item.`;
      throw new ProblemException('name_taken', { detail, cause: error });
    }
  }
}

function present({ created_at, updated_at, ...row }: ItemRow & { _at?: string; _id?: string }): ItemDto {
  const { _at, _id, ...item } = row;
  return { ...item, created_at: created_at.toISOString(), updated_at: updated_at.toISOString() };
}
