import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { EntityManager } from 'typeorm';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import type { BulkBody, BulkDeletion, BulkPatchBody, BulkResult } from './bulk.dto.js';
import { deleteDevices, patchDevices } from './bulk.store.js';
import { refuseCircle } from './device.store.js';
import { invalid } from './devices.service.js';
import { InventoryTransaction } from './inventory-transaction.store.js';
import { PingBudget } from './ping-budget.store.js';
import { ReferenceIndex } from './references.store.js';

/** As many ids go into the audit log; the selector and the number say the rest. */
const MAX_AUDITED_IDS = 1_000;

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
      const { ids: changedIds, ...outcome } = await patchDevices(manager, selector, patch, ids);
      if (ids.parent_id && changedIds) await refuseCircle(manager, 'devices', changedIds);
      const pingsMore = patch.enabled === true || patch.check_kind === 'icmp' || ids.profile_id !== undefined;
      if (pingsMore && changedIds) await this.budget.check(manager);
      const { matched, changed } = outcome;
      const after = { selector, patch, matched, changed, ...bounded(changedIds) };
      await this.audit.record({ request, action: 'devices.bulk_updated', subjectType: 'device', after }, manager);
      return { dry_run, ...outcome };
    });
  }

  remove({ selector, dry_run }: BulkBody, request: FastifyRequest): Promise<BulkDeletion> {
    return this.runOrRehearse(dry_run, async (manager) => {
      const { ids, ...outcome } = await deleteDevices(manager, selector);
      const before = { selector, deleted: outcome.deleted, ...bounded(ids) };
      await this.audit.record({ request, action: 'devices.bulk_deleted', subjectType: 'device', before }, manager);
      return { dry_run, ...outcome };
    });
  }

  private runOrRehearse<T>(dryRun: boolean, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return dryRun ? this.transaction.rehearse(work) : this.transaction.run(work);
  }
}

function bounded(ids: string[] | null): { ids: string[]; ids_left_out: number } {
  const all = ids ?? [];
  return { ids: all.slice(0, MAX_AUDITED_IDS), ids_left_out: Math.max(0, all.length - MAX_AUDITED_IDS) };
}
