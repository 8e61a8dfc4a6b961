import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditEntry } from './audit-entry.entity.js';
import { maskSecrets } from './mask-secrets.js';

export interface AuditRecord {
  /** Who asked for it; the console when there is no request. */
  request?: Pick<FastifyRequest, 'caller' | 'id' | 'ip'>;
  /** `token.created`, `swarm.refresh_requested`: what was changed, and how. */
  action: string;
  subjectType: string;
  subjectId?: string | null;
  before?: unknown;
  after?: unknown;
}

/** Records every write, with its secrets masked. */
@Injectable()
export class AuditLog {
  constructor(private readonly database: DataSource) {}

  /** @param manager of the transaction that makes the change, so that neither is there without the other */
  async record(record: AuditRecord, manager: EntityManager = this.database.manager): Promise<void> {
    await recordAudit(manager, record);
  }
}

export async function recordAudit(manager: EntityManager, record: AuditRecord): Promise<void> {
  const { request, action, subjectType, subjectId = null, before = null, after = null } = record;
  await manager.insert(AuditEntry, {
    at: new Date(),
    actor: request?.caller?.name ?? 'console',
    actorTokenId: request?.caller?.tokenId ?? null,
    action,
    subjectType,
    subjectId,
    requestId: request?.id ?? null,
    remoteAddress: request?.ip ?? null,
    before: masked(before),
    after: masked(after),
  });
}

/** Typed as a record, because TypeORM cannot tell `unknown` from a table of its own. */
function masked(value: unknown): Record<string, never> | null {
  return maskSecrets(value) as Record<string, never> | null;
}
