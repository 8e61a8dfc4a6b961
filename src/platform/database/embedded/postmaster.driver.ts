import { spawn } from 'node:child_process';
import { closeSync, openSync, realpathSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { PlainLog } from '../plain-log.js';
import { giveTo } from './account.driver.js';
import type { DataFolder } from './data-folder.driver.js';
import { EmbeddedPostgresError, failedStart } from './embedded-postgres-error.js';
import { sizeOf, tailOf } from './log-file.driver.js';
import { DATABASE, postgresArguments, postmasterOptions, SUPERUSER } from './postgres-arguments.js';
import { parsePostmasterPid } from './postmaster-pid.js';
import {
  CHILD_ENVIRONMENT,
  endsWithin,
  isAlive,
  isUncollected,
  isWorkedIn,
  readOrUndefined,
  signal,
  servesFolder,
} from './process.driver.js';
import { type Greeting, greetingOf, startupPacket } from './startup-packet.js';

/** A running server; it may be a child of ours or one that a killed predecessor left. */
export interface Postmaster {
  pid: number;
  /** Settles with the reason when it ends, for whatever reason. */
  ended: Promise<string>;
}

const PROBE_TIMEOUT_MS = 1_000;
/** After a crash PostgreSQL replays its log first, which takes minutes at worst. */
const START_TIMEOUT_MS = 600_000;
const STOP_TIMEOUT_MS = 10_000;
const QUIT_TIMEOUT_MS = 5_000;
const ADOPTED_POLL_MS = 250;
const REMAINS_TIMEOUT_MS = 10_000;

/**
 * Starts the server and waits until it takes connections.
 * @param abort stops the server again
 * @throws EmbeddedPostgresError `start_failed`, with the end of its log
 */
export async function startPostmaster(
  { layout, binaries, account }: DataFolder,
  log: PlainLog,
  abort?: AbortSignal,
): Promise<Postmaster> {
  const logStart = sizeOf(layout.log);
  const output = openSync(layout.log, 'a', 0o600);
  giveTo(account, layout.log);
  const child = spawn(binaries.postgres, postgresArguments(layout), {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd: layout.cluster,
    env: CHILD_ENVIRONMENT,
    // A process group of its own: the terminal's Ctrl-C goes to us alone, who stop the server last.
    detached: true,
    stdio: ['ignore', output, output],
  });
  child.unref();
  closeSync(output);
  let reason: string | undefined;
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, by) => resolve(by ?? `exit code ${code}`));
  }).then((text) => (reason = text));
  const began = Date.now();
  for (let told = 0; ; await pause(10)) {
    if (reason !== undefined) {
      throw new EmbeddedPostgresError('start_failed', failedStart(reason, layout.log, tailOf(layout.log, logStart)));
    }
    if ((await greet(layout.socket)) === 'ready' && reason === undefined) return { pid: child.pid!, ended };
    if (abort?.aborted) {
      await stopPostmaster(child.pid!);
      abort.throwIfAborted();
    }
    const waited = Date.now() - began;
    if (waited > START_TIMEOUT_MS) {
      await stopPostmaster(child.pid!);
      throw new EmbeddedPostgresError(
        'start_failed',
        failedStart('not ready in 10 minutes', layout.log, tailOf(layout.log)),
      );
    }
    if (waited > 5_000 + told * 30_000) {
      told++;
      log.log(
        `PostgreSQL is still starting after ${Math.round(waited / 1000)} s (after a crash it replays its log first).`,
      );
    }
  }
}

/** The server that a killed predecessor left on this folder, if it runs. Removes a pid file whose process is another one by now. */
export function findPostmaster({ layout }: DataFolder): number | undefined {
  const file = join(layout.cluster, 'postmaster.pid');
  const found = parsePostmasterPid(readOrUndefined(file) ?? '');
  if (!found || !isAlive(found.pid)) return undefined;
  if (!servesFolder(found.pid, layout.cluster)) {
    rmSync(file, { force: true });
    return undefined;
  }
  return found.pid;
}

/**
 * After a `kill -9` of the server itself: its sessions need a moment to notice, and until then a new one refuses to start.
 * It would refuse for ever where nobody collects the dead process, so then its lock files are removed.
 */
export async function clearRemains({ layout }: DataFolder): Promise<void> {
  const file = join(layout.cluster, 'postmaster.pid');
  const found = parsePostmasterPid(readOrUndefined(file) ?? '');
  if (!found) return;
  const cluster = realpathSync(layout.cluster);
  for (const deadline = Date.now() + REMAINS_TIMEOUT_MS; isWorkedIn(cluster); await pause(20)) {
    if (Date.now() > deadline) return;
  }
  if (!isUncollected(found.pid)) return;
  for (const stale of [file, `${layout.socket}.lock`]) rmSync(stale, { force: true });
}

/** Takes over a server that works and was started with the same program and settings; otherwise undefined. */
export async function adoptPostmaster(pid: number, { layout, binaries }: DataFolder): Promise<Postmaster | undefined> {
  const wanted = postmasterOptions(binaries.postgres, postgresArguments(layout));
  if (readOrUndefined(join(layout.cluster, 'postmaster.opts'))?.trim() !== wanted) return undefined;
  if ((await greet(layout.socket)) !== 'ready') return undefined;
  return { pid, ended: endOfStranger(pid) };
}

/** Fast shutdown (sessions are cut, data is written), then an immediate one, then none of its choosing. */
export async function stopPostmaster(pid: number): Promise<void> {
  for (const [name, timeoutMs] of [
    ['SIGINT', STOP_TIMEOUT_MS],
    ['SIGQUIT', QUIT_TIMEOUT_MS],
    ['SIGKILL', QUIT_TIMEOUT_MS],
  ] as const) {
    signal(pid, name);
    // A frozen one must run to notice.
    signal(pid, 'SIGCONT');
    if (await endsWithin(pid, timeoutMs)) return;
  }
}

/** A process that is not our child sends no exit event. */
async function endOfStranger(pid: number): Promise<string> {
  while (isAlive(pid)) await pause(ADOPTED_POLL_MS, undefined, { ref: false });
  return 'ended';
}

/** Asks the server as a newcomer would; undefined when nobody answers in time. */
export async function greet(socket: string): Promise<Greeting | undefined> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    const finish = (greeting: Greeting | undefined): void => {
      connection.destroy();
      resolve(greeting);
    };
    connection.setTimeout(PROBE_TIMEOUT_MS, () => finish(undefined));
    connection.on('connect', () => connection.write(startupPacket(SUPERUSER, DATABASE)));
    connection.on('data', (answer: Buffer) => finish(greetingOf(answer)));
    connection.on('close', () => finish(undefined));
    // Not there yet, or not any more: both only mean no.
    connection.on('error', () => finish(undefined));
  });
}
