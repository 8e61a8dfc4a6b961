import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { isViolation } from '../../platform/database/violation.js';
import type { Page } from '../../platform/http/envelope.js';
import { invalid, ProblemException } from '../../platform/http/problem.js';
import { AuditLog } from '../../platform/security/audit-log.service.js';
import { listRows } from '../../platform/security/list-rows.store.js';
import { SecretBox } from '../../platform/security/secret-box.service.js';
import type { SnmpCredential } from '../credential.js';
import { InventoryTransaction } from '../inventory/inventory-transaction.store.js';
import { assembleCredential, type CredentialParts, hasParts, shownParts } from './credential-parts.js';
import { Credential } from './credential.entity.js';
import type { CreateCredentialBody, CredentialDto, CredentialsQuery, UpdateCredentialBody } from './credentials.dto.js';
import { sealedCredentials } from './sealed-credentials.js';

type CredentialRow = Omit<CredentialDto, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date };

const SELECT =
  'c.id, c.name, c.kind, c.user_name AS "user", c.auth_protocol, c.priv_protocol, coalesce(u.devices, 0) AS device_count, c.created_at, c.updated_at';
const FROM =
  'credentials c LEFT JOIN (SELECT snmp_credential_id AS id, count(*)::int AS devices FROM devices WHERE snmp_credential_id IS NOT NULL GROUP BY 1) u ON u.id = c.id';

/** Administration of SNMP credentials. What is secret goes in and never comes out. */
@Injectable()
export class Credentials {
  constructor(
    private readonly database: DataSource,
    private readonly box: SecretBox,
    private readonly audit: AuditLog,
    private readonly inventory: InventoryTransaction,
  ) {}

  list(query: CredentialsQuery): Promise<Page<unknown>> {
    const { kind } = query.filters;
    const list = {
      select: SELECT,
      from: FROM,
      id: { expression: 'c.id', type: 'uuid' },
      sort: {
        name: { expression: 'c.name', type: 'text' },
        created_at: { expression: 'c.created_at', type: 'timestamptz' },
      },
      where: [
        ...(kind ? [{ condition: 'c.kind = ?', values: [kind] }] : []),
        ...(query.q ? [{ condition: 'position(lower(?) in lower(c.name)) > 0', values: [query.q] }] : []),
      ],
    };
    return listRows(this.database, list, query, (row: CredentialRow & { _at: string; _id: string }) => present(row));
  }

  /** @throws ProblemException `credential_not_found` */
  async one(id: string, manager: EntityManager = this.database.manager): Promise<CredentialDto> {
    const [row] = await manager.query<CredentialRow[]>(`SELECT ${SELECT} FROM ${FROM} WHERE c.id = $1`, [id]);
    if (!row) throw new ProblemException('credential_not_found');
    return present(row);
  }

  /** @throws ProblemException `validation_failed`, `secrets_key_missing`, `name_taken` */
  create({ name, kind, ...parts }: CreateCredentialBody, request: FastifyRequest): Promise<CredentialDto> {
    const credential = assemble(kind, parts);
    const id = randomUUID();
    return this.writing(name, async (manager) => {
      const sealed = await this.seal(id, credential, manager);
      await manager.insert(Credential, { id, name, kind, ...shownParts(credential), ...sealed });
      const after = await this.one(id, manager);
      await this.audit.record(
        { request, action: 'credential.created', subjectType: 'credential', subjectId: id, after: audited(after) },
        manager,
      );
      return after;
    });
  }

  /**
   * Changes the name, or replaces all secret parts together.
   * @throws ProblemException `credential_not_found`, `validation_failed`, `secrets_key_missing`, `name_taken`, `conflict`
   */
  async update(
    id: string,
    { name, kind, ...parts }: UpdateCredentialBody,
    request: FastifyRequest,
  ): Promise<CredentialDto> {
    const result = await this.writing(name, async (manager) => {
      const seen = await this.one(id, manager);
      const replaces = hasParts(parts) || (kind !== undefined && kind !== seen.kind);
      const credential = replaces ? assemble(kind ?? seen.kind, parts) : null;
      // Before the row is locked: a change of keys takes the locks in this order as well.
      const sealed = credential && (await this.seal(id, credential, manager));
      await lock(manager, id);
      const before = await this.one(id, manager);
      if (before.kind !== seen.kind) throw new ProblemException('conflict');
      if (credential) {
        await manager.update(Credential, { id }, { kind: credential.kind, ...shownParts(credential), ...sealed });
      }
      if (name !== undefined) await manager.update(Credential, { id }, { name });
      const after = await this.one(id, manager);
      await this.audit.record(
        {
          request,
          action: 'credential.updated',
          subjectType: 'credential',
          subjectId: id,
          before: audited(before),
          after: { ...audited(after), parts_replaced: replaces },
        },
        manager,
      );
      if (name !== undefined) await this.inventory.announce(manager);
      return after;
    });
    // Devices show its name.
    if (name !== undefined) await this.inventory.forget();
    return result;
  }

  /** @throws ProblemException `credential_not_found`, `in_use` */
  async remove(id: string, request: FastifyRequest): Promise<void> {
    try {
      await this.database.transaction(async (manager) => {
        await lock(manager, id);
        const before = await this.one(id, manager);
        await manager.delete(Credential, { id });
        await this.audit.record(
          { request, action: 'credential.deleted', subjectType: 'credential', subjectId: id, before: audited(before) },
          manager,
        );
      });
    } catch (error) {
      if (!isViolation(error, 'foreignKey')) throw error;
      const { device_count: count } = await this.one(id);
      const detail = `${count} ${count === 1 ? 'device uses' : 'devices use'} this credential. Give them another one first.`;
      throw new ProblemException('in_use', { detail, cause: error });
    }
  }

  private seal(id: string, credential: SnmpCredential, manager: EntityManager) {
    return this.box.seal(JSON.stringify(credential), sealedCredentials.context(id), manager);
  }

  private async writing<T>(name: string | undefined, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(work);
    } catch (error) {
      if (!isViolation(error, 'unique')) throw error;
      throw new ProblemException('name_taken', {
        detail: `Another credential has the name "${name}". Choose another one.`,
        cause: error,
      });
    }
  }
}

/** Until the end of the transaction. @throws ProblemException `credential_not_found` */
async function lock(manager: EntityManager, id: string): Promise<void> {
  const rows = await manager.query<unknown[]>('SELECT 1 FROM credentials WHERE id = $1 FOR UPDATE', [id]);
  if (rows.length === 0) throw new ProblemException('credential_not_found');
}

function assemble(kind: SnmpCredential['kind'], parts: CredentialParts): SnmpCredential {
  const result = assembleCredential(kind, parts);
  if ('credential' in result) return result.credential;
  throw invalid(result.errors);
}

/** The masking of the audit log would take what is under `auth…` and `user` as it is; there is nothing secret left. */
function audited({ name, kind, user, auth_protocol, priv_protocol }: CredentialDto) {
  return { name, kind, user, auth_protocol, priv_protocol };
}

function present(row: CredentialRow): CredentialDto {
  const { id, name, kind, user, auth_protocol, priv_protocol, device_count, created_at, updated_at } = row;
  return {
    id,
    name,
    kind,
    user,
    auth_protocol,
    priv_protocol,
    device_count,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  };
}
