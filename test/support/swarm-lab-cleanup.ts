import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';

const run = promisify(execFile);

/** Labs live at `<prefix><id>`; the id is also in the names of their namespaces and control groups. */
export const LAB_FOLDER_PREFIX = '/tmp/swl-';

/** Removes the labs whose test process is gone, for example after a `kill -9`. */
export async function cleanUpLeftovers(): Promise<void> {
  const folder = dirname(LAB_FOLDER_PREFIX);
  const labs = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path.startsWith(LAB_FOLDER_PREFIX));
  for (const lab of labs) {
    const owner = Number(read(join(lab, 'owner')));
    if (owner > 0 && !existsSync(`/proc/${owner}`)) await cleanUp(lab);
  }
}

/**
 * Stops every process of a lab and removes its mounts, namespaces, control groups and files. Works from what is on the
 * machine alone, so also for a lab that another process left.
 * @throws when something of it stays
 */
export async function cleanUp(lab: string): Promise<void> {
  const id = lab.slice(LAB_FOLDER_PREFIX.length);
  await eventually(
    () => {
      // Engines first: they would start containers anew.
      const pids = [...processesMentioning(`${lab}/`), ...containersOf(id)];
      for (const pid of pids) kill(pid);
      if (pids.length > 0) throw new Error(`processes of the lab ${lab} are still there: ${pids.join(' ')}`);
    },
    { timeoutMs: 45_000 },
  );
  // Another test process may be cleaning up the same leftovers: what counts is that they are gone.
  for (const mount of mountsUnder(lab).toReversed()) {
    await run('umount', ['--lazy', mount]).catch((error: unknown) =>
      failWhile(mountsUnder(lab).includes(mount), error),
    );
  }
  for (const name of namespacesOf(id)) {
    await run('ip', ['netns', 'delete', name]).catch((error: unknown) =>
      failWhile(namespacesOf(id).includes(name), error),
    );
  }
  removeControlGroups(id);
  rmSync(lab, { recursive: true, force: true, maxRetries: 5 });
}

function failWhile(stillThere: boolean, error: unknown): void {
  if (stillThere) throw error;
}

/** Processes with this text in their command line, but not this one. */
export function processesMentioning(words: string): number[] {
  return pids().filter(
    (pid) => pid !== process.pid && read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').includes(words),
  );
}

/** A container outlives its engine; its control group tells whose it is. */
function containersOf(id: string): number[] {
  return pids().filter((pid) => read(`/proc/${pid}/cgroup`).includes(`/swl${id}/`));
}

function pids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

function mountsUnder(folder: string): string[] {
  const points = read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) => point.startsWith(`${folder}/`));
}

function namespacesOf(id: string): string[] {
  const folder = '/var/run/netns';
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(`swl${id}`)) : [];
}

/** In version 1 each controller has its own tree, in version 2 there is one. */
function removeControlGroups(id: string): void {
  const root = '/sys/fs/cgroup';
  const trees = [root, ...(existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : [])];
  for (const tree of trees) removeGroup(join(tree, `swl${id}`));
}

function removeGroup(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(path, entry.name));
  }
  try {
    rmdirSync(path);
  } catch (error) {
    // An empty group of a process that is just ending is busy for a moment; it holds nothing and stays.
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Empty when it cannot be read: files of processes vanish with them. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
