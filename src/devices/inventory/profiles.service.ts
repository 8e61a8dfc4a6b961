import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { EntityManager } from 'typeorm';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { changedFields } from './changed-fields.js';
import { InventoryTransaction } from './inventory-transaction.store.js';
import { PingBudget } from './ping-budget.store.js';
import { ProfileDirectory } from './profile-directory.service.js';
import type { CreateProfileBody, ProfileDto, UpdateProfileBody } from './profiles.dto.js';
import { insertRow, updateRow } from './row.store.js';

/** Administration of profiles. */
@Injectable()
export class Profiles {
  constructor(
    private readonly transaction: InventoryTransaction,
    private readonly directory: ProfileDirectory,
    private readonly budget: PingBudget,
    private readonly audit: AuditLog,
  ) {}

  /** @throws ProblemException `validation_failed`, `name_taken`, `interval_unachievable` */
  create(body: CreateProfileBody, request: FastifyRequest): Promise<ProfileDto> {
    return this.transaction.run(async (manager) => {
      if (body.is_default) await clearDefault(manager);
      const id = await insertRow(manager, 'profiles', { ...body });
      const after = await this.directory.read(id, manager);
      await this.check(after, manager);
      await this.audit.record(
        { request, action: 'profile.created', subjectType: 'profile', subjectId: id, after },
        manager,
      );
      return after;
    });
  }

  /** @throws ProblemException `profile_not_found`, `validation_failed`, `name_taken`, `interval_unachievable` */
  update(id: string, body: UpdateProfileBody, request: FastifyRequest): Promise<ProfileDto> {
    return this.transaction.run(async (manager) => {
      const before = await this.directory.read(id, manager);
      if (body.is_default) await clearDefault(manager);
      await updateRow(manager, 'profiles', id, { ...body });
      const after = await this.directory.read(id, manager);
      await this.check(after, manager);
      await this.audit.record(
        { request, action: 'profile.updated', subjectType: 'profile', subjectId: id, ...changedFields(before, after) },
        manager,
      );
      return after;
    });
  }

  /** @throws ProblemException `profile_not_found`, `default_profile`, `in_use` */
  remove(id: string, request: FastifyRequest): Promise<void> {
    return this.transaction.run(async (manager) => {
      const before = await this.directory.read(id, manager);
      if (before.is_default) throw new ProblemException('default_profile');
      if (before.device_count > 0) {
        const detail = `${before.device_count} devices have this profile. Give them another first: PATCH /api/v1/devices/bulk.`;
        throw new ProblemException('in_use', { detail });
      }
      await manager.query('DELETE FROM profiles WHERE id = $1', [id]);
      await this.audit.record(
        { request, action: 'profile.deleted', subjectType: 'profile', subjectId: id, before },
        manager,
      );
    });
  }

  private async check(profile: ProfileDto, manager: EntityManager): Promise<void> {
    if (profile.flap_low_percent >= profile.flap_high_percent) {
      throw invalid([{ path: 'flap_low_percent', message: 'Must be less than flap_high_percent.' }]);
    }
    this.budget.checkProfile(profile);
    if (profile.device_count > 0) await this.budget.check(manager);
  }
}

/** Before the new one is marked: there is never more than one. */
async function clearDefault(manager: EntityManager): Promise<void> {
  await manager.query('UPDATE profiles SET is_default = false, updated_at = clock_timestamp() WHERE is_default');
}
