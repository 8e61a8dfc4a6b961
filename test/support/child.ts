import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A script in a process of its own that reports by one JSON object a line. */
export interface ScriptedChild {
  process: ChildProcess;
  pid: number;
  /** The next line of output. Rejects when it ends without one. */
  next<T>(): Promise<T>;
  /** Exit code, or the signal that ended it. */
  exited: Promise<number | string>;
}

const running = new Set<ChildProcess>();

export function startScript(script: string, args: string[], options: SpawnOptions = {}): ScriptedChild {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  running.add(child);
  let errors = '';
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const exited = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => resolve(by ?? code ?? -1));
  }).finally(() => running.delete(child));
  return {
    process: child,
    pid: child.pid!,
    exited,
    next: async <T>() => {
      const line = await lines.next();
      if (line.done) throw new Error(`the child ended (${await exited}) and said:\n${errors}`);
      return JSON.parse(line.value) as T;
    },
  };
}

/** For `afterEach`: nothing that a failed test started stays behind. */
export async function killScripts(): Promise<void> {
  for (const child of running) child.kill('SIGKILL');
}
