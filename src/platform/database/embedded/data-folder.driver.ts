import { chmodSync, existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import type { PlainLog } from '../plain-log.js';
import { canReach, chooseAccount, giveTo } from './account.driver.js';
import { type Binaries, copyBinaries, linkLibraries, locateBinaries } from './binaries.driver.js';
import { closedFolder, EmbeddedPostgresError } from './embedded-postgres-error.js';
import { type FolderLayout, folderLayout } from './folder-layout.js';
import { type FolderLock, lockFolder } from './folder-lock.driver.js';
import type { Account } from './parse-passwd.js';

/** Beside the checkout that the product was started in. */
export const DEFAULT_FOLDER = 'data';
/** Where root's data goes when the checkout is closed to other accounts. */
export const SYSTEM_FOLDER = '/var/lib/swarmward';

/** A locked data folder that PostgreSQL's account can use, and programs that it can run. */
export interface DataFolder {
  dataDir: string;
  layout: FolderLayout;
  /** Undefined: our own account. */
  account: Account | undefined;
  binaries: Binaries;
  lock: FolderLock;
}

/**
 * Decides where the data lies and who PostgreSQL runs as, makes the folders and takes their lock.
 * @param dataDir as set by the user; undefined allows the fallback for root in a closed checkout
 * @throws EmbeddedPostgresError when the folder is locked or closed, or programs or account are missing
 */
export async function openDataFolder(
  dataDir: string | undefined,
  log: PlainLog,
  systemFolder = SYSTEM_FOLDER,
): Promise<DataFolder> {
  const installed = await locateBinaries();
  const asked = resolve(dataDir ?? DEFAULT_FOLDER);
  const first = await tryFolder(asked, installed);
  if (first.reach.folder) return lockAndComplete(first, installed);
  if (dataDir !== undefined || !first.account) {
    throw new EmbeddedPostgresError('data_folder_closed', closedFolder(asked, first.account?.name ?? 'you use'));
  }
  first.undo();
  log.log(
    `${asked} is closed to the account ${first.account.name} that PostgreSQL runs as: the data is in ${systemFolder}.`,
  );
  const second = await tryFolder(systemFolder, installed);
  if (!second.reach.folder) {
    throw new EmbeddedPostgresError(
      'data_folder_closed',
      closedFolder(systemFolder, second.account?.name ?? 'you use'),
    );
  }
  return lockAndComplete(second, installed);
}

/**
 * `mktemp -d` and careful people make folders that only root may enter. One that is root's and holds nothing but our data is
 * opened for passing through (not for listing); what lies in it has modes of its own.
 * @returns whether it was opened just now
 */
function letThrough(dataDir: string, folder: string): boolean {
  const { uid, mode } = statSync(dataDir);
  const known = [basename(folder), KEY_FILE];
  const ours = uid === process.getuid?.() && readdirSync(dataDir).every((name) => known.includes(name));
  if (!ours || mode & 0o001) return false;
  chmodSync(dataDir, (mode & 0o7777) | 0o001);
  return true;
}

/** The generated key of stored secrets, closed to others by its own mode. */
const KEY_FILE = 'secrets.key';

type Candidate = Awaited<ReturnType<typeof tryFolder>>;

async function tryFolder(dataDir: string, binaries: Binaries) {
  const layout = folderLayout(dataDir, tmpdir());
  const account = chooseAccount(layout.cluster);
  const undo = makeFolders(dataDir, layout.folder);
  giveTo(account, layout.folder);
  const ask = () => canReach(account, { program: binaries.postgres, folder: layout.folder });
  let reach = account ? await ask() : { program: true, folder: true };
  if (!reach.folder && letThrough(dataDir, layout.folder)) reach = await ask();
  return { dataDir, layout, account, reach, undo };
}

async function lockAndComplete(
  { dataDir, layout, account, reach }: Candidate,
  installed: Binaries,
): Promise<DataFolder> {
  const lock = lockFolder(layout.lock, dataDir);
  try {
    makeSocketFolder(layout, account);
    const usable = reach.program && (await linkLibraries(installed));
    const binaries = usable ? installed : await copyBinaries(installed, layout.folder);
    return { dataDir, layout, account, binaries, lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** @returns how to remove what was made, as long as it is empty */
function makeFolders(dataDir: string, folder: string): () => void {
  const made: string[] = [];
  for (let path = folder; !existsSync(path); path = dirname(path)) made.push(path);
  mkdirSync(folder, { recursive: true });
  // Whatever the umask: PostgreSQL's account must pass through the folders above, and nobody else may enter its own.
  for (const path of made) if (path !== folder) chmodSync(path, 0o755);
  if (made.includes(folder)) chmodSync(folder, 0o700);
  return () => {
    for (const path of made) if (path.startsWith(dataDir)) rmdirSync(path);
  };
}

function makeSocketFolder({ folder, socketFolder }: FolderLayout, account: Account | undefined): void {
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 });
  if (dirname(socketFolder) === folder) return giveTo(account, socketFolder);
  // In a folder that everybody may write to, somebody else may have been there first.
  const { uid, mode } = statSync(socketFolder);
  const owners = [process.getuid?.(), account?.uid];
  if (!owners.includes(uid) || mode & 0o077) {
    throw new EmbeddedPostgresError(
      'data_folder_foreign',
      `${socketFolder}, the folder for PostgreSQL's socket, belongs to somebody else. Remove it, or set SWARMWARD_DATA_DIR to a shorter path.`,
    );
  }
  giveTo(account, socketFolder);
}
