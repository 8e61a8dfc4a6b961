import type { FolderLayout } from './folder-layout.js';

export const SUPERUSER = 'swarmward';
export const DATABASE = 'postgres';

/** `initdb` for a new cluster. It is synced to disk as a whole afterwards ({@link syncArguments}), which is faster. */
export function initdbArguments(cluster: string, passwordFile: string): string[] {
  return [
    '-D',
    cluster,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--no-sync',
    '--no-instructions',
    '--encoding=UTF8',
    // The built-in provider sorts the same on every machine, so moving the data never breaks an index.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    // Smaller WAL files: less to write before the first start, less disk kept for good.
    '--wal-segsize=4',
  ];
}

export function syncArguments(cluster: string): string[] {
  return ['-D', cluster, '--sync-only'];
}

/** Settings for a server on a machine of 1–2 GB that it shares with the product; data safety stays at its defaults. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  cluster_name: 'swarmward',
  max_connections: '100',
  shared_buffers: '128MB',
  huge_pages: 'off',
  // Three I/O processes less; the hot tables fit into memory.
  io_method: 'sync',
  jit: 'off',
  // Parallel queries need /dev/shm, of which a container has 64 MB.
  max_parallel_workers_per_gather: '0',
  max_wal_senders: '0',
  min_wal_size: '32MB',
  max_wal_size: '256MB',
  idle_in_transaction_session_timeout: '60s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_checkpoints: 'off',
  // Neither statements nor rows may appear in the log: they can hold what users entered.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

export function postgresArguments(layout: Pick<FolderLayout, 'cluster' | 'socketFolder'>): string[] {
  const settings = { ...SETTINGS, unix_socket_directories: quoteList(layout.socketFolder) };
  return ['-D', layout.cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** For one statement without a running server, used to set a new password. */
export function singleUserArguments(cluster: string): string[] {
  return ['--single', '-D', cluster, '-c', 'log_min_messages=fatal', DATABASE];
}

/** What PostgreSQL writes into `postmaster.opts` when started with these arguments. */
export function postmasterOptions(program: string, args: string[]): string {
  return [program, ...args.map((arg) => `"${arg}"`)].join(' ');
}

/** `unix_socket_directories` is a comma-separated list, so a folder with a comma or a blank needs quotes. */
function quoteList(folder: string): string {
  return /^[\w./-]+$/.test(folder) ? folder : `"${folder.replaceAll('"', '""')}"`;
}
