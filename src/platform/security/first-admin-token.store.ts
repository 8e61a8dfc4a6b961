import { type DataSource, type EntityManager, IsNull, Not } from 'typeorm';
import type { Settings } from '../config/settings.schema.js';
import { ApiToken } from './api-token.entity.js';
import { recordAudit } from './audit-log.service.js';
import { insertToken, lockTokens, type NewToken } from './token.store.js';
import { hashToken } from './token.js';

const CONFIGURED = 'configured-admin';

/**
 * Makes sure that somebody can administer the installation. With SWARMWARD_ADMIN_TOKEN that token is it, and the one
 * configured before is revoked; without, a token is generated if there was never an admin token. Several processes may
 * do it at once.
 * @returns the generated token in plain text, to be shown once on the console; undefined when none was needed
 */
export function ensureFirstAdminToken(
  database: DataSource,
  { adminToken }: Pick<Settings, 'adminToken'>,
): Promise<string | undefined> {
  return database.transaction(async (manager) => {
    await lockTokens(manager);
    if (adminToken) {
      await configure(manager, adminToken);
      return undefined;
    }
    if (await manager.existsBy(ApiToken, { role: 'admin' })) return undefined;
    return issue(manager, { name: 'first-admin', role: 'admin' });
  });
}

/** Makes a token from the console. @returns it in plain text */
export function createToken(database: DataSource, token: NewToken): Promise<string> {
  return database.transaction((manager) => issue(manager, token));
}

async function issue(manager: EntityManager, wanted: NewToken): Promise<string> {
  const { row, token } = await insertToken(manager, { ...wanted, createdBy: 'console' });
  const after = { name: row.name, role: row.role, expires_at: row.expiresAt };
  await recordAudit(manager, { action: 'token.created', subjectType: 'token', subjectId: row.id, after });
  return token;
}

async function configure(manager: EntityManager, token: string): Promise<void> {
  const tokenHash = hashToken(token);
  await manager.update(
    ApiToken,
    { name: CONFIGURED, createdBy: 'settings', revokedAt: IsNull(), tokenHash: Not(tokenHash) },
    { revokedAt: new Date() },
  );
  const same = await manager.findOneBy(ApiToken, { tokenHash });
  if (same) {
    await manager.update(ApiToken, { id: same.id }, { role: 'admin', revokedAt: null, expiresAt: null });
    return;
  }
  const { row } = await insertToken(manager, { name: CONFIGURED, role: 'admin', createdBy: 'settings' }, token);
  await recordAudit(manager, {
    action: 'token.configured',
    subjectType: 'token',
    subjectId: row.id,
    after: { name: row.name, role: row.role },
  });
}
