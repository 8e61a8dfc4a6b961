import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { giveTo } from './account.driver.js';
import type { DataFolder } from './data-folder.driver.js';
import { EmbeddedPostgresError, failedInit, notACluster, otherVersion } from './embedded-postgres-error.js';
import { initdbArguments, singleUserArguments, SUPERUSER, syncArguments } from './postgres-arguments.js';
import { readOrUndefined, run } from './process.driver.js';

const DRAFT = 'draft-';

/**
 * Makes the cluster if there is none. It appears complete or not at all: what a full disk or a power cut leaves behind is
 * thrown away at the next start.
 * @throws EmbeddedPostgresError `initdb_failed`, `data_folder_version` or `data_folder_foreign`
 */
export async function ensureCluster(folder: DataFolder): Promise<{ created: boolean }> {
  const { layout, binaries } = folder;
  for (const entry of readdirSync(layout.folder)) {
    if (entry.startsWith(DRAFT)) rmSync(join(layout.folder, entry), { recursive: true, force: true });
  }
  if (existsSync(layout.cluster)) {
    const version = readOrUndefined(join(layout.cluster, 'PG_VERSION'))?.trim();
    if (!version) throw new EmbeddedPostgresError('data_folder_foreign', notACluster(layout.cluster));
    if (version !== binaries.major) {
      throw new EmbeddedPostgresError('data_folder_version', otherVersion(layout.cluster, version, binaries.major));
    }
    return { created: false };
  }
  await create(folder);
  return { created: true };
}

async function create({ layout, binaries, account }: DataFolder): Promise<void> {
  const draft = join(layout.folder, `${DRAFT}${randomUUID()}`);
  const passwordFile = `${draft}.password`;
  try {
    writePassword(passwordFile, account);
    const initdb = await run(binaries.initdb, initdbArguments(draft, passwordFile), { account });
    if (!initdb.ok) throw new EmbeddedPostgresError('initdb_failed', failedInit(initdb.output));
    renameSync(passwordFile, join(draft, basename(layout.password)));
    const sync = await run(binaries.initdb, syncArguments(draft), { account });
    if (!sync.ok) throw new EmbeddedPostgresError('initdb_failed', failedInit(sync.output));
    renameSync(draft, layout.cluster);
    const handle = openSync(layout.folder, 'r');
    fsyncSync(handle);
    closeSync(handle);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    rmSync(passwordFile, { force: true });
    throw error;
  }
}

/** The superuser's password, undefined when its file was lost. */
export function readPassword(folder: DataFolder): string | undefined {
  return readOrUndefined(folder.layout.password)?.trim() || undefined;
}

/**
 * Sets a new password. The server must not run.
 * @throws EmbeddedPostgresError `start_failed`
 */
export async function resetPassword({ layout, binaries, account }: DataFolder): Promise<string> {
  const password = writePassword(`${layout.password}.new`, account);
  const input = `ALTER ROLE ${SUPERUSER} PASSWORD '${password}';\n`;
  const result = await run(binaries.postgres, singleUserArguments(layout.cluster), { account, input });
  if (!result.ok) {
    throw new EmbeddedPostgresError('start_failed', `The lost password file could not be replaced:\n${result.output}`);
  }
  renameSync(`${layout.password}.new`, layout.password);
  return password;
}

function writePassword(file: string, account: DataFolder['account']): string {
  const password = randomBytes(32).toString('base64url');
  writeFileSync(file, `${password}\n`, { mode: 0o600, flush: true });
  giveTo(account, file);
  return password;
}
