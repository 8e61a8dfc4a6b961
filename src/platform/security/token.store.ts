import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import type { Role } from '../http/access-control.port.js';
import { ApiToken } from './api-token.entity.js';
import { hashToken, TOKEN_BYTES, tokenText } from './token.js';

export interface NewToken {
  name: string;
  role: Role;
  expiresAt?: Date | null;
  createdBy?: string | null;
}

/** Makes a token and stores its hash. @returns the token in plain text, for the last time */
export async function insertToken(
  manager: EntityManager,
  { name, role, expiresAt = null, createdBy = null }: NewToken,
  token = tokenText(randomBytes(TOKEN_BYTES)),
): Promise<{ row: ApiToken; token: string }> {
  const row = manager.create(ApiToken, {
    id: randomUUID(),
    name,
    role,
    tokenHash: hashToken(token),
    createdAt: new Date(),
    createdBy,
    expiresAt,
    revokedAt: null,
    lastUsedAt: null,
  });
  await manager.insert(ApiToken, row);
  return { row, token };
}

/** One lock for all that must not happen twice at once to the set of admin tokens. Released with the transaction. */
export async function lockTokens(manager: EntityManager): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtext('swarmward.api_tokens'))`);
}

export async function countValidAdmins(manager: EntityManager): Promise<number> {
  const [row] = await manager.query<[{ count: number }]>(
    `SELECT count(*)::int AS count FROM api_tokens
      WHERE role = 'admin' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
  );
  return row.count;
}

/** The table of tokens. */
@Injectable()
export class TokenStore {
  constructor(private readonly database: DataSource) {}

  /** The token with this hash if it is not revoked; it may have expired. */
  findValid(hash: Buffer): Promise<ApiToken | null> {
    return this.database.manager.findOneBy(ApiToken, { tokenHash: hash, revokedAt: IsNull() });
  }

  /** Writes when tokens were last used, in one statement. */
  async touch(uses: ReadonlyMap<string, Date>): Promise<void> {
    await this.database.query(
      `UPDATE api_tokens AS t SET last_used_at = u.at
         FROM unnest($1::uuid[], $2::timestamptz[]) AS u(id, at)
        WHERE t.id = u.id AND (t.last_used_at IS NULL OR t.last_used_at < u.at)`,
      [[...uses.keys()], [...uses.values()]],
    );
  }
}
