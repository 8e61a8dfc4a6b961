import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Where everything of one embedded PostgreSQL lies. */
export interface FolderLayout {
  /** `<data folder>/postgres`, mode 0700, owned by the account that PostgreSQL runs as. */
  folder: string;
  /** PGDATA. */
  cluster: string;
  /** Inside PGDATA, so that data and password are made, moved and copied as one. */
  password: string;
  lock: string;
  log: string;
  socketFolder: string;
  socket: string;
}

export const SOCKET_PORT = 5432;
/** The kernel's limit of a socket's path less the closing zero: 107 on Linux, 103 on macOS and the BSDs. */
const MAX_SOCKET_PATH = 103;

/**
 * @param dataDir absolute
 * @param tmpDir where the socket goes when its path inside the data folder would be too long for the kernel
 */
export function folderLayout(dataDir: string, tmpDir: string): FolderLayout {
  const folder = join(dataDir, 'postgres');
  const cluster = join(folder, 'cluster');
  const inside = join(folder, 'run');
  const socketFolder =
    Buffer.byteLength(socketPath(inside)) <= MAX_SOCKET_PATH ? inside : join(tmpDir, `swarmward-${shortHash(folder)}`);
  return {
    folder,
    cluster,
    password: join(cluster, 'swarmward.password'),
    lock: join(folder, 'lock'),
    log: join(folder, 'postgres.log'),
    socketFolder,
    socket: socketPath(socketFolder),
  };
}

function socketPath(folder: string): string {
  return join(folder, `.s.PGSQL.${SOCKET_PORT}`);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
