import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { type LockContents, parseLock, refusal } from './lock-contents.js';
import { errorCode, isAlive, readOrUndefined, startIdentity } from './process.driver.js';

/** A held lock. */
export interface FolderLock {
  release(): void;
}

/** Takeovers of takeovers: each level needs a crash within the same millisecond. */
const MAX_DEPTH = 4;

/**
 * Takes the lock of a data folder for this process; one whose holder has died is taken over. Safe between processes that
 * start at the same moment: a lock appears complete (`link`), and a dead one is only replaced by whoever holds the
 * takeover lock beside it, so nobody can displace a lock that was renewed since he looked.
 * @param folder what the message calls the locked folder
 * @throws EmbeddedPostgresError `already_running`, naming the holder
 */
export function lockFolder(file: string, folder: string): FolderLock {
  const mine: LockContents = {
    pid: process.pid,
    started: startIdentity(process.pid),
    since: new Date().toISOString(),
    from: process.cwd(),
  };
  const text = `${JSON.stringify({ ...mine, token: randomUUID() })}\n`;
  take(file, text, folder, MAX_DEPTH);
  return {
    release: () => {
      if (readOrUndefined(file) === text) rmSync(file, { force: true });
    },
  };
}

function take(file: string, text: string, folder: string, depth: number): void {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, text, { flag: 'wx', flush: true });
  try {
    for (;;) {
      if (linked(draft, file)) return;
      const found = read(file);
      // Released between the two looks: try again.
      if (found === undefined) continue;
      const holder = parseLock(found);
      if ((holder && holds(holder)) || depth === 0) {
        throw new EmbeddedPostgresError('already_running', refusal(folder, holder ?? UNKNOWN_HOLDER));
      }
      const takeover = `${file}.takeover`;
      take(takeover, text, folder, depth - 1);
      try {
        if (read(file) !== found) continue;
        renameSync(draft, file);
        return;
      } finally {
        rmSync(takeover, { force: true });
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

const UNKNOWN_HOLDER: LockContents = { pid: 0, started: undefined, since: 'unknown', from: 'unknown' };

function holds(holder: LockContents): boolean {
  if (!isAlive(holder.pid)) return false;
  return holder.started === undefined || startIdentity(holder.pid) === holder.started;
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
