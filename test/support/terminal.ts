import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { eventually } from './eventually.js';

/** What is missing on this machine for {@link Terminal}, as a sentence that says what to install; null when nothing is. */
export function terminalMissing(): string | null {
  const found = spawnSync('script', ['--version']);
  return found.status === 0 && found.stdout.includes('util-linux')
    ? null
    : 'script of util-linux is not installed (Debian: apt-get install bsdutils)';
}

/** A command in a pseudo terminal of its own, as a person starts it. */
export class Terminal {
  /** What the person sees, escape sequences included. */
  output = '';
  /** The command's exit code; 128 + the signal’s number when one ended it. */
  readonly exited: Promise<number | null>;

  constructor(
    command: string,
    options: { env: NodeJS.ProcessEnv; cwd?: string },
    private readonly child: ChildProcess = spawn('script', ['-qec', `exec ${command}`, '/dev/null'], options),
  ) {
    child.stdout!.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    // Once all that it said has been read.
    this.exited = new Promise((resolve) => child.once('close', resolve));
  }

  /** The lines as they stay on the screen: without colours, and without what was erased (npm turns a little wheel). */
  get lines(): string[] {
    /* eslint-disable no-control-regex -- escape sequences begin with a control character */
    const kept = this.output.replace(/[^\n]*\u001b\[1G\u001b\[0K/g, '');
    return kept.replace(/\u001b\[[\d;]*[A-Za-z]/g, '').split(/\r*\n/);
  }

  /** Waits until the text is seen. */
  async shows(text: string, timeoutMs = 60_000): Promise<void> {
    await eventually(
      () => {
        if (!this.output.includes(text)) throw new Error(`"${text}" is not shown:\n${this.output}`);
      },
      { timeoutMs },
    );
  }

  /** Ctrl-C: the terminal sends SIGINT to every process of its foreground group. */
  pressCtrlC(): void {
    this.child.stdin!.write('\x03');
  }

  /** For `afterEach`: ends it with whatever runs in it. */
  close(): void {
    if (this.child.exitCode === null) this.child.kill('SIGKILL');
  }
}
