import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Account } from './parse-passwd.js';

/** Nothing of ours is passed on: variables such as PGPORT or PGDATA would change what PostgreSQL does. */
export const CHILD_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Whether the process runs; one that has ended but was not collected by its parent does not. */
export function isAlive(pid: number): boolean {
  const state = procStat(pid)?.[0];
  if (state) return state !== 'Z' && state !== 'X';
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Boot and start time of a process, by which a reused id is told apart; undefined where there is no /proc. */
export function startIdentity(pid: number): string | undefined {
  // Field 22 of /proc/<pid>/stat: clock ticks since boot.
  const ticks = procStat(pid)?.[19];
  const boot = readOrUndefined('/proc/sys/kernel/random/boot_id')?.slice(0, 8);
  return ticks && `${boot ?? ''}-${ticks}`;
}

/** Whether a live process is a server on this folder: it works in it, or, where that is not shown, was started with its name. */
export function servesFolder(pid: number, folder: string): boolean {
  try {
    const [its, ours] = [statSync(`/proc/${pid}/cwd`), statSync(folder)];
    return its.ino === ours.ino && its.dev === ours.dev;
  } catch {
    // No /proc, or root without the capability to look into other accounts' processes, as in a container.
    const command =
      readOrUndefined(`/proc/${pid}/cmdline`) ??
      spawnSync('ps', ['-o', 'command=', '-p', String(pid)]).stdout?.toString();
    return command?.includes(folder) ?? false;
  }
}

/** Whether the process has ended but its id is still taken, since nobody collects it (as under a container's careless first process). */
export function isUncollected(pid: number): boolean {
  return procStat(pid)?.[0] === 'Z';
}

/** Whether any process works in the folder, as far as this account is shown; never where there is no /proc. */
export function isWorkedIn(folder: string): boolean {
  if (!existsSync('/proc/self/cwd')) return false;
  return readdirSync('/proc').some((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === folder;
    } catch (error) {
      if (['ENOENT', 'EACCES', 'ESRCH', 'EPERM'].includes(errorCode(error) ?? '')) return false;
      throw error;
    }
  });
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** @returns whether the process ended within the time; it need not be a child of ours */
export async function endsWithin(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await pause(10);
  }
  return true;
}

/** Runs a short program to its end, as another account if given, away from the terminal's Ctrl-C. */
export async function run(
  command: string,
  args: string[],
  { account, input = '', timeoutMs = 120_000 }: { account?: Account | undefined; input?: string; timeoutMs?: number },
): Promise<{ ok: boolean; output: string }> {
  const child = spawn(command, args, {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd: '/',
    env: CHILD_ENVIRONMENT,
    detached: true,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-8_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  // A program that ends without reading its input is judged by its exit code.
  child.stdin.on('error', collect);
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ ok: false, output: `${output}${error.message}` }));
    child.on('close', (code, by) => {
      resolve({ ok: code === 0, output: by ? `${output}\nended by ${by}` : output });
    });
  });
}

/** The code of a system error. Looked for, not told by `instanceof`: errors of Node are of another realm in some hosts. */
export function errorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The file's text, or undefined when it is not there or closed to us. */
export function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR', 'ESRCH', 'EPERM'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** The fields of /proc/<pid>/stat from the third (state) on; the second, the name, may itself hold blanks and brackets. */
function procStat(pid: number): string[] | undefined {
  const text = readOrUndefined(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}
