import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Client } from 'pg';
import type { Settings } from '../config/settings.schema.js';
import type { DatabaseConnection } from '../database/connection.js';
import { toPgConfig } from '../database/pg-config.driver.js';
import type { PlainLog } from '../database/plain-log.js';
import { createKeyFile, readKeyFile } from './secret-key-file.driver.js';
import { BrokenSealError, NONCE_BYTES, openText, type SecretKey, sealText } from './secret-key.js';
import { type SecretKeyring, keyringOf } from './secret-keyring.js';
import {
  damagedRow,
  keyNotSet,
  lostFile,
  SecretKeysError,
  wrongFile,
  wrongKey,
  wrongKeyBesideFile,
} from './secret-keys-error.js';

/** A table with the columns `id`, `key_id`, `sealed`. */
export interface SealedTable {
  table: string;
  /** What the secret of a row was sealed for. */
  context: (id: string) => string;
}

export interface UnlockOptions {
  settings: Pick<Settings, 'role' | 'secretsKey' | 'secretsKeyPrevious'>;
  /** Where the generated key lies; null: there is none, the setting is the only way. */
  keyFile: string | null;
  tables: readonly SealedTable[];
  log: PlainLog;
}

type Query = (text: string, values: unknown[]) => Promise<unknown>;

const VERIFIER = 'swarmward';
const VERIFIER_CONTEXT = 'secret_keys';
const LOCK = 'swarmward:secrets';

/**
 * Finds the keys of this process and tries them on what the database holds, before anything runs. Makes the key file when there is
 * none and nothing would be lost by it. What is sealed with the previous key is sealed anew with the current one.
 * @throws SecretKeysError whose one line says what to set
 */
export async function unlockSecrets(connection: DatabaseConnection, options: UnlockOptions): Promise<SecretKeyring> {
  const { settings, keyFile, tables, log } = options;
  const file = settings.secretsKey === undefined ? keyFile : null;
  const fromFile = file === null ? null : readKeyFile(file);
  let keyring = keyringOf(settings, fromFile);
  const client = new Client({
    ...toPgConfig(connection),
    connectionTimeoutMillis: 10_000,
    statement_timeout: 60_000,
    application_name: 'swarmward secrets',
  });
  // Reported by the query that it breaks.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const locked = await findLocked(client, keyring, tables);
    if (locked.count > 0 && !mayIgnore(settings, keyring))
      throw new SecretKeysError(explain(locked, options, fromFile));
    if (file !== null && fromFile === null) keyring = keyringOf(settings, createKeyFile(file));
    const moved = await changeKeys(client, keyring, tables);
    if (moved > 0) {
      log.log(
        `${moved} stored ${moved === 1 ? 'credential was' : 'credentials were'} encrypted anew with the current key; ` +
          'SWARMWARD_SECRETS_KEY_PREVIOUS can be removed when every process has been started with the current one.',
      );
    }
    return keyring;
  } finally {
    await client.end();
  }
}

/**
 * Notes that sealed values will exist under the key. In the transaction that stores them: it locks the note until they are there.
 * @param query of that transaction
 */
export async function keepKey(query: Query, key: SecretKey): Promise<void> {
  const verifier = sealText(key, VERIFIER, VERIFIER_CONTEXT, randomBytes(NONCE_BYTES));
  // An update that changes nothing: `DO NOTHING` would not lock.
  await query(
    'INSERT INTO secret_keys (id, verifier) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET verifier = secret_keys.verifier',
    [key.id, verifier],
  );
}

/** A scheduler opens nothing: it needs no key, but a wrong one is a mistake there as well. */
function mayIgnore({ role }: UnlockOptions['settings'], { current, previous }: SecretKeyring): boolean {
  return role === 'scheduler' && current === null && previous === null;
}

function explain(
  locked: { count: number; keyIds: string[] },
  { settings, keyFile }: UnlockOptions,
  fromFile: string | null,
): string {
  if (settings.secretsKey === undefined) {
    if (keyFile === null) return keyNotSet(locked);
    return fromFile === null ? lostFile(locked, keyFile) : wrongFile(locked, keyFile);
  }
  return keyFile !== null && existsSync(keyFile) ? wrongKeyBesideFile(locked, keyFile) : wrongKey(locked);
}

async function findLocked(
  client: Client,
  keyring: SecretKeyring,
  tables: readonly SealedTable[],
): Promise<{ count: number; keyIds: string[] }> {
  const each = tables.map(({ table }) => `SELECT key_id FROM ${table}`).join(' UNION ALL ');
  const { rows } = await client.query<{ id: string; verifier: Buffer; count: number }>(
    `SELECT k.id, k.verifier, count(*)::int AS count FROM (${each}) s JOIN secret_keys k ON k.id = s.key_id GROUP BY k.id ORDER BY k.id`,
  );
  const locked = rows.filter(({ id, verifier }) => !opens(keyring.find(id), verifier));
  return { count: locked.reduce((sum, { count }) => sum + count, 0), keyIds: locked.map(({ id }) => id) };
}

function opens(key: SecretKey | null, verifier: Buffer): boolean {
  try {
    return key !== null && openText(key, verifier, VERIFIER_CONTEXT) === VERIFIER;
  } catch (error) {
    if (error instanceof BrokenSealError) return false;
    throw error;
  }
}

/** @returns how many secrets moved to the current key; several processes may do it at once */
async function changeKeys(
  client: Client,
  { current, previous }: SecretKeyring,
  tables: readonly SealedTable[],
): Promise<number> {
  if (!current || !previous || current.id === previous.id) return 0;
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [LOCK]);
    // Whoever stores a secret now holds one of these, and takes them in this order: first the key, then the secret.
    await client.query('SELECT id FROM secret_keys ORDER BY id FOR UPDATE');
    let moved = 0;
    for (const table of tables) moved += await moveTable(client, table, previous, current);
    await client.query('DELETE FROM secret_keys WHERE id = $1', [previous.id]);
    await client.query('COMMIT');
    return moved;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function moveTable(client: Client, { table, context }: SealedTable, from: SecretKey, to: SecretKey) {
  const { rows } = await client.query<{ id: string; sealed: Buffer }>(
    `SELECT id, sealed FROM ${table} WHERE key_id = $1 ORDER BY id FOR UPDATE`,
    [from.id],
  );
  if (rows.length === 0) return 0;
  await keepKey((text, values) => client.query(text, values), to);
  const sealed = rows.map((row) => {
    try {
      const plain = openText(from, row.sealed, context(row.id));
      return sealText(to, plain, context(row.id), randomBytes(NONCE_BYTES));
    } catch (error) {
      throw new SecretKeysError(damagedRow(table, row.id), { cause: error });
    }
  });
  await client.query(
    `UPDATE ${table} AS t SET key_id = $1, sealed = s.sealed FROM unnest($2::uuid[], $3::bytea[]) AS s(id, sealed) WHERE t.id = s.id`,
    [to.id, rows.map(({ id }) => id), sealed],
  );
  return rows.length;
}
