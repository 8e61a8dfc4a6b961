import { type ChildProcess, spawn } from 'node:child_process';
import type { FpingEnd } from './fping-fault.js';

/** How long a killed process may take to be gone. */
const GONE_LIMIT_MS = 1_000;

export interface FpingRun {
  path: string;
  args: readonly string[];
  /** Given on standard input. */
  addresses: readonly string[];
  /** After this it is killed. */
  limitMs: number;
  /** More output than this is not fping's. */
  maxBytes: number;
  signal: AbortSignal;
  /** Also what it prints per packet, on standard output. */
  both: boolean;
  onOutput(chunk: Buffer): void;
}

/**
 * Runs fping once, without a shell. It leads a process group of its own, so that a kill takes its children along and Ctrl-C in a
 * terminal does not make it report what it has not waited for. Never throws: how it ended is the answer.
 */
export function runFping(run: FpingRun): Promise<FpingEnd> {
  const { path, args, addresses, limitMs, maxBytes, signal, both, onOutput } = run;
  if (signal.aborted) return Promise.resolve({ kind: 'aborted' });
  let child: ChildProcess;
  try {
    child = spawn(path, [...args], {
      stdio: ['pipe', both ? 'pipe' : 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      detached: true,
    });
  } catch (error) {
    return Promise.resolve(notStarted(error));
  }
  return new Promise((resolve) => {
    let killed: FpingEnd | null = null;
    let bytes = 0;
    const kill = (why: FpingEnd): void => {
      if (killed) return;
      killed = why;
      killGroup(child);
      // One that the kernel cannot end at once (a hung file system) must not hold up the cycle.
      setTimeout(() => end(why), GONE_LIMIT_MS).unref();
    };
    const abort = (): void => kill({ kind: 'aborted' });
    const timer = setTimeout(() => kill({ kind: 'hung', afterMs: limitMs }), limitMs);
    const end = (how: FpingEnd): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      child.stderr?.destroy();
      child.stdout?.destroy();
      resolve(killed ?? how);
    };
    signal.addEventListener('abort', abort, { once: true });
    const listen = (chunk: Buffer): void => {
      if (killed) return;
      bytes += chunk.length;
      onOutput(chunk);
      if (bytes > maxBytes) kill({ kind: 'flood' });
    };
    child.stderr?.on('data', listen);
    child.stdout?.on('data', listen);
    child.once('error', (error) => end(notStarted(error)));
    child.once('close', (code, by) => end(by ? { kind: 'signal', signal: by } : { kind: 'exit', code: code ?? -1 }));
    // It ended before it had read all: its exit says why.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(`${addresses.join('\n')}\n`);
  });
}

function notStarted(error: unknown): FpingEnd {
  return { kind: 'not_started', code: (error as NodeJS.ErrnoException).code ?? String(error) };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // Gone already; anything else would be a bug of ours.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
