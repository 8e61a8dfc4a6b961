import type { DatabaseConnection } from '../connection.js';
import type { PlainLog } from '../plain-log.js';
import { ensureCluster, readPassword, resetPassword } from './cluster.driver.js';
import { type DataFolder, openDataFolder } from './data-folder.driver.js';
import { EmbeddedPostgresError, foreignFolder } from './embedded-postgres-error.js';
import { SOCKET_PORT } from './folder-layout.js';
import { boundLog } from './log-file.driver.js';
import { DATABASE, SUPERUSER } from './postgres-arguments.js';
import {
  adoptPostmaster,
  clearRemains,
  findPostmaster,
  type Postmaster,
  startPostmaster,
  stopPostmaster,
} from './postmaster.driver.js';
import { errorCode } from './process.driver.js';
import { PostmasterSupervisor } from './supervisor.driver.js';

export interface EmbeddedPostgresOptions {
  /** SWARMWARD_DATA_DIR; undefined takes `./data`, or `/var/lib/swarmward` for root in a checkout closed to other accounts. */
  dataDir: string | undefined;
  log: PlainLog;
  /** PostgreSQL keeps ending and is not started again. The process had better end too, so that its own supervisor sees it. */
  onGivenUp?: (error: Error) => void;
  /** Ends a start that is under way; it then fails with the signal's reason. */
  signal?: AbortSignal;
  /** Instead of `/var/lib/swarmward`, for tests. */
  systemFolder?: string;
}

/** The running embedded PostgreSQL. */
export interface EmbeddedPostgres {
  connection: DatabaseConnection;
  /** Where the data really lies, absolute. */
  dataDir: string;
  /** `created`: new data; `adopted`: the server that a killed predecessor left. */
  how: 'created' | 'started' | 'adopted';
  /** Process id of the server, for tests and for the console. */
  pid(): number | undefined;
  /** Stops the server (at most 20 s) and frees the folder. To be called last. Repeated calls wait for the first. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL out of the binaries in `node_modules` and keeps it running until `stop()`.
 * Uses nothing but Node, so that it can be called before anything else is loaded.
 * @throws EmbeddedPostgresError whose message says what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, systemFolder } = options;
  let folder: DataFolder | undefined;
  try {
    folder = await openDataFolder(dataDir, log, systemFolder);
    return await startIn(folder, options);
  } catch (error) {
    folder?.lock.release();
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(errorCode(error) ?? '')) throw error;
    const place = folder?.dataDir ?? dataDir ?? 'data';
    throw new EmbeddedPostgresError('data_folder_foreign', foreignFolder(place, (error as Error).message));
  }
}

async function startIn(
  folder: DataFolder,
  { log, onGivenUp, signal }: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  boundLog(folder.layout.log);
  const { created } = await ensureCluster(folder);
  signal?.throwIfAborted();
  let password = readPassword(folder);
  const adopted = await takeOverOrStop(folder, password !== undefined, log);
  if (!password) {
    log.warn('The password file of the embedded PostgreSQL was lost; a new password is set.');
    password = await resetPassword(folder);
  }
  const postmaster = adopted ?? (await startPostmaster(folder, log, signal));
  const supervisor = new PostmasterSupervisor(postmaster, folder, log, onGivenUp ?? (() => undefined));
  return {
    connection: { host: folder.layout.socketFolder, port: SOCKET_PORT, user: SUPERUSER, password, database: DATABASE },
    dataDir: folder.dataDir,
    how: adopted ? 'adopted' : created ? 'created' : 'started',
    pid: () => supervisor.pid,
    stop: () => supervisor.stop(),
  };
}

async function takeOverOrStop(folder: DataFolder, mayAdopt: boolean, log: PlainLog): Promise<Postmaster | undefined> {
  const pid = findPostmaster(folder);
  if (pid === undefined) {
    await clearRemains(folder);
    return undefined;
  }
  const adopted = mayAdopt ? await adoptPostmaster(pid, folder) : undefined;
  if (adopted) {
    log.log(`The last run did not stop cleanly; its PostgreSQL (process ${pid}) still works and is used on.`);
    return adopted;
  }
  log.warn(`The last run did not stop cleanly; its PostgreSQL (process ${pid}) is stopped and started again.`);
  await stopPostmaster(pid);
  return undefined;
}
