import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why suites that ping cannot run here; null when they can. */
export function missingFping(): string | null {
  try {
    execFileSync('fping', ['-C', '1', '-q', '127.0.0.1'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'fping that may ping is needed: apt install fping';
  }
}

/** Bodies of shell scripts that stand in for fping. `$DIR` is a folder of their own, `report` prints a good line for an address. */
const SCRIPTS = {
  /** The real one, with its arguments and addresses noted. */
  recording: 'echo "$@" >>"$DIR/args"; tee -a "$DIR/stdin" | fping "$@"',
  'not-permitted': 'exit 4',
  'wrong-arguments': 'echo "fping: invalid option -- \'Q\'" >&2; exit 1',
  'exit-3': 'exit 3',
  silent: 'cat >/dev/null',
  garbage: 'cat >/dev/null; for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "$n bottles of beer : on the wall" >&2; done',
  flood: 'cat >/dev/null; exec yes "and so on and on and on" >&2',
  /** Killed after it has reported some. */
  killed: 'report 127.0.0.1; report 127.0.0.2; kill -9 $$',
  terminated: 'kill -TERM $$',
  /** With a child, which has to go as well. */
  hanging: 'sleep 600 & echo $! >"$DIR/child"; echo $$ >"$DIR/parent"; wait',
  /** Hangs after it has ended itself: its child holds the pipe. */
  'hanging-child': 'sleep 600 & echo $! >"$DIR/child"; echo $$ >"$DIR/parent"; exit 0',
  /** Says nothing about every second address, and of the last only half a line. */
  partial:
    'n=0; while read -r a; do n=$((n+1)); if [ $((n%2)) = 1 ]; then report "$a"; fi; done; printf "%s : 0.01 0.0" "$a" >&2; exit 1',
  /** Good with 2 packets; with others it reports as well, but is killed. */
  'half-killed': 'while read -r a; do report "$a"; done; [ "$2" = 2 ] || kill -9 $$',
  /** Built with safe limits. */
  careful:
    'echo "$@" >>"$DIR/args"; case "$*" in *"-i 0."*) echo "fping: these options are too risky for mere mortals." >&2; exit 1;; esac; exec fping "$@"',
  deaf: 'while read -r a; do echo "$a : -" >&2; done; exit 1',
  'not-reading': 'report 127.0.0.1; exec </dev/null; exit 1',
} as const;
export type FakeFping = keyof typeof SCRIPTS;

/** Scripts in the place of fping, in a folder of the test's own. */
export class FakeFpings {
  private readonly folders: string[] = [];

  /** @returns the path of the script */
  make(kind: FakeFping): string {
    return this.script(SCRIPTS[kind]);
  }

  /** @returns the path of a script with this body */
  script(body: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'swarmward-fping-'));
    this.folders.push(folder);
    const path = join(folder, 'fping');
    const report = 'report() { printf "%s :%s\\n" "$1" "$times" >&2; }; times=""; n=0; packets=$2\n';
    const times = 'while [ $n -lt "$packets" ]; do times="$times 0.05"; n=$((n+1)); done\n';
    writeFileSync(path, `#!/bin/sh\nDIR=${folder}\n${report}${times}${body}\n`, { mode: 0o755 });
    return path;
  }

  /** What a script left in its folder. */
  left(path: string, file: string): string {
    const at = join(path, '..', file);
    return existsSync(at) ? readFileSync(at, 'utf8') : '';
  }

  remove(): void {
    for (const folder of this.folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether a process is there, as a zombie too. */
export function isThere(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** Whether a process runs; one that only its parent has to take note of does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
