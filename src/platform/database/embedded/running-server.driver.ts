import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import type { DatabaseConnection } from '../connection.js';
import { DEFAULT_FOLDER, SYSTEM_FOLDER } from './data-folder.driver.js';
import { folderLayout, type FolderLayout, SOCKET_PORT } from './folder-layout.js';
import { DATABASE, SUPERUSER } from './postgres-arguments.js';
import { greet } from './postmaster.driver.js';
import { readOrUndefined } from './process.driver.js';

/** Where the data of an installation lies, and the server on it if one runs. */
export interface FoundInstallation {
  dataDir: string;
  /** Undefined while the product does not run. */
  connection: DatabaseConnection | undefined;
}

/**
 * Looks for the embedded PostgreSQL of a product that runs beside this process; starts and changes nothing.
 * @param dataDir SWARMWARD_DATA_DIR; undefined looks into `./data`, and as root into `/var/lib/swarmward`
 * @returns undefined when there is no data yet
 */
export async function findInstallation(
  dataDir: string | undefined,
  systemFolder = SYSTEM_FOLDER,
): Promise<FoundInstallation | undefined> {
  const folders = [resolve(dataDir ?? DEFAULT_FOLDER)];
  if (dataDir === undefined && process.getuid?.() === 0) folders.push(systemFolder);
  for (const folder of folders) {
    const layout = folderLayout(folder, tmpdir());
    if (existsSync(layout.cluster)) return { dataDir: folder, connection: await connectionTo(layout) };
  }
  return undefined;
}

async function connectionTo(layout: FolderLayout): Promise<DatabaseConnection | undefined> {
  const password = readOrUndefined(layout.password)?.trim();
  if (!password || (await greet(layout.socket)) !== 'ready') return undefined;
  return { host: layout.socketFolder, port: SOCKET_PORT, user: SUPERUSER, password, database: DATABASE };
}
