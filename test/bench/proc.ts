import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of Linux, per second, as programs see them. */
const TICKS = 100;

/** CPU that a process has used, its ended children included, ms. */
export function cpuMs(pid: number): number {
  const fields = statOf(pid);
  return fields ? (fields.own + fields.children) * (1_000 / TICKS) : 0;
}

/** CPU of a process and of everything below it, ms. */
export function treeCpuMs(pid: number): number {
  return childrenOf(pid).reduce((total, child) => total + treeCpuMs(child), cpuMs(pid));
}

export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((other) => other > 0 && statOf(other)?.parent === pid);
}

export function parentOf(pid: number): number {
  return statOf(pid)!.parent;
}

/** The words that a process was started with. */
export function commandOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
}

/** A line of `/proc/<pid>/status` in MB: `VmRSS` is memory in use, `VmHWM` the most there ever was. */
export function memoryMb(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const kilobytes = new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1_024;
}

function statOf(pid: number): { parent: number; own: number; children: number } | null {
  try {
    // What is before the last parenthesis is the pid and the name, which may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number);
    return { parent: fields[1]!, own: fields[11]! + fields[12]!, children: fields[13]! + fields[14]! };
  } catch {
    // It has ended since.
    return null;
  }
}
