import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import type { Page } from '../http/envelope.js';
import { ProblemException } from '../http/problem.js';
import { listRows } from './list-rows.store.js';
import { ApiToken } from './api-token.entity.js';
import { AuditLog } from './audit-log.service.js';
import { TokenAuthenticator } from './token-authenticator.service.js';
import { countValidAdmins, insertToken, lockTokens } from './token.store.js';
import type { CreateTokenBody, TokenDto, TokensQuery } from './tokens.dto.js';

type TokenRow = Omit<Record<keyof TokenDto, Date | null>, 'id' | 'name' | 'role' | 'created_by'> &
  Pick<TokenDto, 'id' | 'name' | 'role' | 'created_by'>;

const STATES = {
  active: 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())',
  expired: 'revoked_at IS NULL AND expires_at <= now()',
  revoked: 'revoked_at IS NOT NULL',
};

/** Administration of tokens. */
@Injectable()
export class Tokens {
  constructor(
    private readonly database: DataSource,
    private readonly authenticator: TokenAuthenticator,
    private readonly audit: AuditLog,
  ) {}

  list(query: TokensQuery): Promise<Page<unknown>> {
    const { role, state } = query.filters;
    const where = [
      ...(role ? [{ condition: 'role = ?', values: [role] }] : []),
      ...(state ? [{ condition: STATES[state], values: [] }] : []),
      ...(query.q ? [{ condition: 'position(lower(?) in lower(name)) > 0', values: [query.q] }] : []),
    ];
    const list = {
      select: 'id, name, role, created_at, created_by, expires_at, revoked_at, last_used_at',
      from: 'api_tokens',
      id: { expression: 'id', type: 'uuid' },
      sort: {
        created_at: { expression: 'created_at', type: 'timestamptz' },
        name: { expression: 'name', type: 'text' },
        last_used_at: { expression: `coalesce(last_used_at, '-infinity')`, type: 'timestamptz' },
      },
      where,
    };
    return listRows(this.database, list, query, (row: TokenRow & { _at: string; _id: string }) => present(row));
  }

  /** @throws ProblemException `token_not_found` */
  async one(id: string): Promise<TokenDto> {
    const row = await this.database.manager.findOneBy(ApiToken, { id });
    if (!row) throw new ProblemException('token_not_found');
    return present(asRow(row));
  }

  /** @returns the new token, with its plain text */
  create({ name, role, expires_at }: CreateTokenBody, request: FastifyRequest) {
    return this.database.transaction(async (manager) => {
      const { row, token } = await insertToken(manager, {
        name,
        role,
        expiresAt: expires_at ? new Date(expires_at) : null,
        createdBy: request.caller?.name ?? null,
      });
      const { id, created_at, expires_at: expires } = present(asRow(row));
      const after = { name, role, expires_at: expires };
      await this.audit.record(
        { request, action: 'token.created', subjectType: 'token', subjectId: id, after },
        manager,
      );
      return { id, name, role, expires_at: expires, created_at, token };
    });
  }

  /**
   * Revokes a token: here at once, in other processes within 30 s. Doing it again changes nothing.
   * @throws ProblemException `token_not_found`, `last_admin_token`
   */
  async revoke(id: string, request: FastifyRequest): Promise<void> {
    await this.database.transaction(async (manager) => {
      await lockTokens(manager);
      const row = await manager.findOneBy(ApiToken, { id });
      if (!row) throw new ProblemException('token_not_found');
      if (row.revokedAt) return;
      await manager.update(ApiToken, { id }, { revokedAt: new Date() });
      const isLast = row.role === 'admin' && (await countValidAdmins(manager)) === 0;
      if (isLast) throw new ProblemException('last_admin_token');
      const { name, role } = row;
      await this.audit.record(
        { request, action: 'token.revoked', subjectType: 'token', subjectId: id, before: { name, role } },
        manager,
      );
    });
    this.authenticator.forget(id);
  }
}

function asRow(token: ApiToken): TokenRow {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    created_at: token.createdAt,
    created_by: token.createdBy,
    expires_at: token.expiresAt,
    revoked_at: token.revokedAt,
    last_used_at: token.lastUsedAt,
  };
}

function present(row: TokenRow): TokenDto {
  const { id, name, role, created_at, created_by, expires_at, revoked_at, last_used_at } = row;
  return {
    id,
    name,
    role,
    created_at: created_at!.toISOString(),
    created_by,
    expires_at: expires_at?.toISOString() ?? null,
    revoked_at: revoked_at?.toISOString() ?? null,
    last_used_at: last_used_at?.toISOString() ?? null,
  };
}
