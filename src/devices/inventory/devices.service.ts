import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { EntityManager } from 'typeorm';
import { invalid } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { changedFields } from './changed-fields.js';
import { DeviceDirectory } from './device-directory.service.js';
import { type DeviceChanges, deviceFaults, type NewDevice } from './device-rules.js';
import { type DeviceRow, deviceRow, isPinged } from './device-row.js';
import { insertDevices, refuseCircle, refuseDuplicate, updateDevice } from './device.store.js';
import type { DeviceDto } from './devices.dto.js';
import { InventoryTransaction } from './inventory-transaction.store.js';
import { PingBudget } from './ping-budget.store.js';
import { type ReferenceIds, ReferenceIndex, type References } from './references.store.js';

/** Administration of single devices. */
@Injectable()
export class Devices {
  constructor(
    private readonly transaction: InventoryTransaction,
    private readonly directory: DeviceDirectory,
    private readonly budget: PingBudget,
    private readonly audit: AuditLog,
  ) {}

  /** @throws ProblemException `validation_failed`, `duplicate_address`, `interval_unachievable` */
  create(device: NewDevice, request: FastifyRequest): Promise<DeviceDto> {
    return this.transaction.run(async (manager) => {
      const ids = await referenceIds(manager, { ...device, profile: device.profile ?? null });
      if (!device.allow_duplicate) await refuseDuplicate(manager, device.ip, null);
      const row = deviceRow(device, { ...ids, profile_id: ids.profile_id! });
      const [id] = await insertDevices(manager, [row]);
      if (isPinged(row)) await this.budget.check(manager);
      const after = await this.directory.read(id!, manager);
      await this.audit.record(
        { request, action: 'device.created', subjectType: 'device', subjectId: id, after },
        manager,
      );
      return after;
    });
  }

  /** @throws ProblemException `device_not_found`, `validation_failed`, `duplicate_address`, `parent_cycle`, `interval_unachievable` */
  update(id: string, changes: DeviceChanges, request: FastifyRequest): Promise<DeviceDto> {
    return this.transaction.run(async (manager) => {
      const before = await this.directory.read(id, manager);
      const faults = deviceFaults({ ...before, ...changes });
      if (faults.length > 0) throw invalid(faults);
      const row = columnsOf(changes, await referenceIds(manager, changes));
      const shares = row.duplicate_allowed ?? before.duplicate_allowed;
      const moves = row.ip !== undefined || row.duplicate_allowed === false;
      if (moves && !shares) await refuseDuplicate(manager, row.ip ?? before.ip, id);
      await updateDevice(manager, id, row);
      if (row.parent_id) await refuseCircle(manager, 'devices', [id]);
      const after = await this.directory.read(id, manager);
      const added = isPinged(after) && (!isPinged(before) || after.profile_id !== before.profile_id);
      if (added) await this.budget.check(manager);
      await this.audit.record(
        { request, action: 'device.updated', subjectType: 'device', subjectId: id, ...changedFields(before, after) },
        manager,
      );
      return after;
    });
  }

  /** Its history stays until its retention ends; its children lose their parent. @throws ProblemException `device_not_found` */
  remove(id: string, request: FastifyRequest): Promise<void> {
    return this.transaction.run(async (manager) => {
      const before = await this.directory.read(id, manager);
      await manager.query('UPDATE devices SET parent_id = NULL, updated_at = clock_timestamp() WHERE parent_id = $1', [
        id,
      ]);
      await manager.query('DELETE FROM devices WHERE id = $1', [id]);
      await this.audit.record(
        { request, action: 'device.deleted', subjectType: 'device', subjectId: id, before },
        manager,
      );
    });
  }
}

/** @throws ProblemException `validation_failed`, naming every reference that leads nowhere */
async function referenceIds(manager: EntityManager, wanted: References): Promise<ReferenceIds> {
  const { ids, errors } = (await ReferenceIndex.load(manager, [wanted])).resolve(wanted);
  if (errors.length > 0) throw invalid(errors);
  return ids;
}

/** Changes as columns; those that nothing was said about are undefined. */
export function columnsOf(changes: DeviceChanges, ids: ReferenceIds): Partial<DeviceRow> {
  const { site: _s, profile: _p, parent: _u, snmp_credential: _c, allow_duplicate, ...columns } = changes;
  const given = Object.entries({ ...columns, ...ids, duplicate_allowed: allow_duplicate });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
