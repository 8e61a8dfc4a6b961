import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { EntityManager } from 'typeorm';
import { invalid } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { type BulkBody, type BulkDeletion, type BulkPatchBody, type BulkResult, MAX_SHOWN } from './bulk.dto.js';
import { deleteDevices, patchDevices } from './bulk.store.js';
import { refuseCircle } from './device.store.js';
import { InventoryTransaction } from './inventory-transaction.store.js';
import { PingBudget } from './ping-budget.store.js';
import { ReferenceIndex } from './references.store.js';

/** Of the differences that go into the audit log, as JSON; the selector, the patch and the number say the rest. */
const MAX_AUDITED_LENGTH = 1_000_000;

/** Changes of many devices at once: as many statements for a thousand as for one. */
@Injectable()
export class BulkDevices {
  constructor(
    private readonly transaction: InventoryTransaction,
    private readonly budget: PingBudget,
    private readonly audit: AuditLog,
  ) {}

  /**
   * A dry run does all of it, checks included, and takes it back.
   * @throws ProblemException `validation_failed`, `parent_cycle`, `interval_unachievable`
   */
  patch({ selector, patch, dry_run }: BulkPatchBody, request: FastifyRequest): Promise<BulkResult> {
    return this.runOrRehearse(dry_run, async (manager) => {
      const { ids, errors } = (await ReferenceIndex.load(manager, [patch])).resolve(patch);
      if (errors.length > 0) throw invalid(errors.map(({ path, message }) => ({ path: `patch.${path}`, message })));
      const { ids: changedIds, differences, matched, changed } = await patchDevices(manager, selector, patch, ids);
      if (ids.parent_id && changedIds) await refuseCircle(manager, 'devices', changedIds);
      const pingsMore = patch.enabled === true || patch.check_kind === 'icmp' || ids.profile_id !== undefined;
      if (pingsMore && changedIds) await this.budget.check(manager);
      const kept = auditable(differences);
      const before = { devices: kept.map(({ id, name, before: values }) => ({ id, name, ...values })) };
      const after = {
        selector,
        patch,
        matched,
        changed,
        devices: kept.map(({ id, name, after: values }) => ({ id, name, ...values })),
        devices_left_out: changed - kept.length,
      };
      await this.audit.record(
        { request, action: 'devices.bulk_updated', subjectType: 'device', before, after },
        manager,
      );
      return { dry_run, matched, changed, devices: differences.slice(0, MAX_SHOWN) };
    });
  }

  remove({ selector, dry_run }: BulkBody, request: FastifyRequest): Promise<BulkDeletion> {
    return this.runOrRehearse(dry_run, async (manager) => {
      const { deleted, devices } = await deleteDevices(manager, selector);
      const before = { selector, deleted, devices, devices_left_out: deleted - devices.length };
      await this.audit.record({ request, action: 'devices.bulk_deleted', subjectType: 'device', before }, manager);
      return { dry_run, deleted, devices: devices.slice(0, MAX_SHOWN) };
    });
  }

  private runOrRehearse<T>(dryRun: boolean, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return dryRun ? this.transaction.rehearse(work) : this.transaction.run(work);
  }
}

/** As many differences as an entry of the log can bear: custom fields may be long. */
function auditable(differences: readonly BulkResult['devices'][number][]): BulkResult['devices'][number][] {
  let left = MAX_AUDITED_LENGTH;
  return differences.filter((each) => (left -= JSON.stringify(each).length) >= 0);
}
